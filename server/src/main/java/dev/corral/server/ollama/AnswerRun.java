package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.generation.MessageDelta;
import dev.corral.server.generation.MessageReader;
import dev.corral.server.http.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Runs an {@link AnswerRequest} and tells its client of it: all at the end, or line by line. Calls of tools are told at the
 * end in either case, since Ollama has their arguments as an object.
 */
final class AnswerRun implements Generations.Reader {

    private final Exchange exchange;
    private final Engine engine;
    private final AnswerRequest request;
    private final ChatTurn turn;
    private final AnswerJson json;
    private final MessageReader reader;
    private final Completion completion = new Completion();
    private final List<TokenLogprob> untold = new ArrayList<>();
    private final long start = System.nanoTime();

    private AnswerRun(Exchange exchange, Engine engine, AnswerRequest request, ChatTurn turn)
            throws InterruptedException {
        this.exchange = exchange;
        this.engine = engine;
        this.request = request;
        this.turn = turn;
        this.json = AnswerJson.of(request);
        this.reader = turn.reader(engine);
    }

    static void answer(Exchange exchange, Engine engine, AnswerRequest request, ChatTurn turn)
            throws InterruptedException {
        AnswerRun run = new AnswerRun(exchange, engine, request, turn);
        Generations.run(exchange, engine, List.of(turn.generate()), request.beat(), run);
        run.end();
    }

    @Override
    public void read(int prompt, Event event) {
        switch (event) {
            case Event.Queued _, Event.Started _, Event.Progress _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Delta delta -> {
                completion.add(delta, request.tellsContext());
                untold.addAll(delta.logprobs());
                if (request.stream() && reader.isPlain()) {
                    tell(new Message("", delta.text(), List.of()));
                } else {
                    reader.add(delta.text());
                }
            }
            case Event.Finished finished -> completion.finish(finished);
        }
    }

    /** What came together is read together. */
    @Override
    public void caughtUp() throws InterruptedException {
        if (request.stream() && reader.hasUnread()) {
            tell(reader.read(false));
        }
    }

    /** Ollama's clients take an empty piece for one, and no line for an error. */
    @Override
    public void silence() {
        if (request.stream()) {
            tell(Message.EMPTY);
        }
    }

    private void end() throws InterruptedException {
        MessageDelta rest = reader.read(
                completion.reason() != FinishReason.LIMIT && completion.reason() != FinishReason.CONTEXT_FULL);
        Message message = reader.message();
        if (request.stream()) {
            tell(rest);
            if (!message.calls().isEmpty()) {
                tell(new Message("", "", message.calls()));
            }
        }
        Optional<Tokens> context = context();
        ObjectNode end = json.end(
                completion, request.stream() ? Message.EMPTY : message, untold, System.nanoTime() - start, context);
        if (request.stream()) {
            send(end);
        } else {
            exchange.reply(end);
        }
    }

    private void tell(MessageDelta delta) {
        if (!delta.reasoning().isEmpty() || !delta.content().isEmpty()) {
            tell(new Message(delta.reasoning(), delta.content(), List.of()));
        }
    }

    private void tell(Message said) {
        send(json.piece(said, List.copyOf(untold)));
        untold.clear();
    }

    private void send(ObjectNode line) {
        exchange.lines().send(out -> out.writeTree(line));
    }

    /** The conversation's tokens with this answer, and with what ends a turn where the model ended it. */
    private Optional<Tokens> context() throws InterruptedException {
        if (!request.tellsContext() || !(turn.generate().prompt() instanceof Prompt.Ids(Tokens before))) {
            return Optional.empty();
        }
        String eos = engine.model().vocabulary().eos();
        Tokens end = completion.reason() == FinishReason.END_OF_TEXT && !eos.isEmpty()
                ? engine.ask(new Query.Tokenize(eos, false, true, false)).tokens()
                : Tokens.EMPTY;
        IntStream said = IntStream.concat(completion.tokens().stream(), end.stream());
        return Optional.of(Tokens.of(IntStream.concat(before.stream(), said).toArray()));
    }
}
