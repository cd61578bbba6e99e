package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.Usage;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import java.util.List;

/** Runs a {@link TranscriptionRequest} and tells its client of it: all at the end, or by typed events. */
final class TranscriptionRun implements Generations.Reader {

    private final Exchange exchange;
    private final boolean stream;
    private final Completion completion = new Completion();
    private final StringBuilder text = new StringBuilder();

    private TranscriptionRun(Exchange exchange, boolean stream) {
        this.exchange = exchange;
        this.stream = stream;
    }

    static void answer(Exchange exchange, Engine engine, TranscriptionRequest request, ChatTurn turn)
            throws InterruptedException {
        TranscriptionRun run = new TranscriptionRun(exchange, request.stream());
        Generations.run(exchange, engine, List.of(turn.generate()), request.beat(), run);
        if (request.plain()) {
            exchange.replyText("text/plain; charset=utf-8", run.text + "\n");
        } else if (!request.stream()) {
            exchange.reply(run.done(Json.object()));
        }
    }

    @Override
    public void read(int prompt, Event event) {
        switch (event) {
            case Event.Queued _, Event.Started _, Event.Progress _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Delta delta -> {
                completion.add(delta, false);
                text.append(delta.text());
                if (stream && !delta.text().isEmpty()) {
                    send(Json.object().put("type", "transcript.text.delta").put("delta", delta.text()));
                }
            }
            case Event.Finished finished -> {
                completion.finish(finished);
                if (stream) {
                    send(done(Json.object().put("type", "transcript.text.done")));
                }
            }
        }
    }

    @Override
    public void silence() {
        if (stream) {
            exchange.events().beat();
        }
    }

    private ObjectNode done(ObjectNode answer) {
        Usage usage = completion.usage();
        answer.put("text", text.toString())
                .putObject("usage")
                .put("type", "tokens")
                .put("input_tokens", usage.promptTokens())
                .put("output_tokens", usage.generatedTokens())
                .put("total_tokens", usage.promptTokens() + usage.generatedTokens())
                .putObject("input_tokens_details")
                .put("cached_tokens", usage.cachedTokens());
        return answer;
    }

    private void send(ObjectNode event) {
        exchange.events().send(json -> json.writeTree(event));
    }
}
