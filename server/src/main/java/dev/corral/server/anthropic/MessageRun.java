package dev.corral.server.anthropic;

import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.generation.MessageDelta;
import dev.corral.server.generation.MessageReader;
import dev.corral.server.http.Exchange;
import java.util.List;

/** Runs a {@link MessageRequest} and tells its client of it: all at the end, or event by event. */
final class MessageRun implements Generations.Reader {

    private final boolean stream;
    private final MessageAnswer answer;
    private final MessageEvents events;
    private final MessageReader reader;
    private final Completion completion = new Completion();

    private MessageRun(Exchange exchange, boolean stream, MessageAnswer answer, MessageReader reader) {
        this.stream = stream;
        this.answer = answer;
        this.events = new MessageEvents(exchange.events());
        this.reader = reader;
    }

    static void answer(Exchange exchange, Engine engine, MessageRequest request, ChatTurn turn)
            throws InterruptedException {
        String model = request.model().orElse(engine.model().name());
        MessageRun run =
                new MessageRun(exchange, request.stream(), MessageAnswer.of(request, model), turn.reader(engine));
        Generations.run(exchange, engine, List.of(turn.generate()), request.beat(), run);
        if (!request.stream()) {
            exchange.reply(run.answer.complete(run.completion, run.reader.message()));
        }
    }

    @Override
    public void read(int prompt, Event event) throws InterruptedException {
        switch (event) {
            case Event.Queued _, Event.Progress _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Started started -> {
                if (stream) {
                    events.begin(answer.begun(started.promptTokens(), started.cachedTokens()));
                }
            }
            case Event.Delta delta -> {
                completion.add(delta, false);
                if (!stream || !reader.isPlain()) {
                    reader.add(delta.text());
                } else if (!delta.text().isEmpty()) {
                    events.text(delta.text());
                }
            }
            case Event.Finished finished -> finish(finished);
        }
    }

    /** What came together is read together. */
    @Override
    public void caughtUp() throws InterruptedException {
        if (stream && reader.hasUnread()) {
            events.grow(reader.read(false));
        }
    }

    @Override
    public void silence() {
        if (stream) {
            events.ping();
        }
    }

    private void finish(Event.Finished finished) throws InterruptedException {
        completion.finish(finished);
        MessageDelta rest = reader.read(isComplete(finished.reason()));
        if (stream) {
            events.grow(rest);
            events.end(answer.stop(completion, !reader.message().calls().isEmpty()), completion.usage());
        }
    }

    private static boolean isComplete(FinishReason reason) {
        return switch (reason) {
            case END_OF_TEXT, STOP_STRING -> true;
            case LIMIT, CONTEXT_FULL, CANCELLED -> false;
        };
    }
}
