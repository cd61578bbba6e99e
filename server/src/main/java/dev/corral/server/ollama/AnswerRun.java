package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.http.Exchange;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Runs an {@link AnswerRequest} and tells its client of it: all at the end, or line by line. */
final class AnswerRun implements Generations.Reader {

    private final Exchange exchange;
    private final Engine engine;
    private final AnswerRequest request;
    private final AnswerJson json;
    private final Completion completion = new Completion();
    private final long start = System.nanoTime();

    private AnswerRun(Exchange exchange, Engine engine, AnswerRequest request) {
        this.exchange = exchange;
        this.engine = engine;
        this.request = request;
        this.json = AnswerJson.of(request);
    }

    static void answer(Exchange exchange, Engine engine, AnswerRequest request) throws InterruptedException {
        AnswerRun run = new AnswerRun(exchange, engine, request);
        Generations.run(exchange, engine, List.of(request.generate()), request.beat(), run);
        run.end();
    }

    @Override
    public void read(int prompt, Event event) {
        switch (event) {
            case Event.Queued _, Event.Started _, Event.Progress _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Delta delta -> {
                completion.add(delta, !request.stream() || request.context().isPresent());
                if (request.stream()) {
                    send(json.piece(delta.text(), delta.logprobs()));
                }
            }
            case Event.Finished finished -> completion.finish(finished);
        }
    }

    /** Ollama's clients take an empty piece for one, and no line for an error. */
    @Override
    public void silence() {
        if (request.stream()) {
            send(json.piece("", List.of()));
        }
    }

    private void end() throws InterruptedException {
        Optional<Tokens> context = context();
        long nanos = System.nanoTime() - start;
        if (request.stream()) {
            send(json.end(completion, "", List.of(), nanos, context));
        } else {
            exchange.reply(json.end(completion, completion.text(), completion.logprobs(), nanos, context));
        }
    }

    private void send(ObjectNode line) {
        exchange.lines().send(out -> out.writeTree(line));
    }

    /** The conversation's tokens with this answer, and with what ends a turn where the model ended it. */
    private Optional<Tokens> context() throws InterruptedException {
        Optional<Tokens> before = request.context();
        if (before.isEmpty()) {
            return before;
        }
        String eos = engine.model().vocabulary().eos();
        Tokens end = completion.reason() == FinishReason.END_OF_TEXT && !eos.isEmpty()
                ? engine.ask(new Query.Tokenize(eos, false, true, false)).tokens()
                : Tokens.EMPTY;
        IntStream said = IntStream.concat(completion.tokens().stream(), end.stream());
        return Optional.of(
                Tokens.of(IntStream.concat(before.get().stream(), said).toArray()));
    }
}
