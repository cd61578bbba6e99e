package dev.corral.server.anthropic;

import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.http.Exchange;
import java.util.List;

/** Runs a {@link MessageRequest} and tells its client of it: all at the end, or event by event. */
final class MessageRun implements Generations.Reader {

    private final boolean stream;
    private final MessageAnswer answer;
    private final MessageEvents events;
    private final Completion completion = new Completion();

    private MessageRun(Exchange exchange, boolean stream, MessageAnswer answer) {
        this.stream = stream;
        this.answer = answer;
        this.events = new MessageEvents(exchange.events());
    }

    static void answer(Exchange exchange, Engine engine, MessageRequest request) throws InterruptedException {
        String model = request.model().orElse(engine.model().name());
        MessageRun run = new MessageRun(exchange, request.stream(), MessageAnswer.of(request, model));
        Generations.run(exchange, engine, List.of(request.generate()), request.beat(), run);
        if (!request.stream()) {
            exchange.reply(run.answer.complete(run.completion));
        }
    }

    @Override
    public void read(int prompt, Event event) {
        switch (event) {
            case Event.Queued _, Event.Progress _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Started started -> {
                if (stream) {
                    events.begin(answer.begun(started.promptTokens(), started.cachedTokens()));
                }
            }
            case Event.Delta delta -> {
                completion.add(delta, !stream);
                if (stream && !delta.text().isEmpty()) {
                    events.text(delta.text());
                }
            }
            case Event.Finished finished -> {
                completion.finish(finished);
                if (stream) {
                    events.end(answer.stop(completion), completion.usage());
                }
            }
        }
    }

    @Override
    public void silence() {
        if (stream) {
            events.ping();
        }
    }
}
