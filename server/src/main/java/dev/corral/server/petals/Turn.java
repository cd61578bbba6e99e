package dev.corral.server.petals;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.ClientLeft;
import dev.corral.server.http.ClientWatch;
import java.util.List;
import java.util.Optional;

/**
 * One call of {@code generate} on a session, from the client's input to the last token. Where there is a stop sequence the
 * text comes in chunks of {@code max_new_tokens}, as the original made one call after the other; here it is one generation,
 * which keeps its slot.
 *
 * <p>Used by one thread.
 */
final class Turn {

    /** Takes the text as it comes. */
    @FunctionalInterface
    interface Chunks {

        /**
         * Takes a chunk.
         *
         * @param last whether the turn ends with it
         * @param tokens how many it has
         */
        void take(String text, boolean last, int tokens);
    }

    /** What the original's tokenizers call the end of a text, which clients have among their stop sequences. */
    private static final String USUAL_END = "</s>";

    private static final char REPLACEMENT = '\uFFFD';
    private static final int LONGEST_CHARACTER = 4;

    private final Engine engine;
    private final Session session;
    private final GenerateCall call;
    private final Client client;
    private final Defaults defaults;
    private final Chunks chunks;

    private final StringBuilder text = new StringBuilder();
    private final StringBuilder chunk = new StringBuilder();
    private int chunkTokens;
    private int lastTokens;

    Turn(Engine engine, Session session, GenerateCall call, Client client, Defaults defaults, Chunks chunks) {
        this.engine = engine;
        this.session = session;
        this.call = call;
        this.client = client;
        this.defaults = defaults;
        this.chunks = chunks;
    }

    /**
     * Generates. A call that fails leaves the tokens that came by then in the session.
     *
     * @param wholeSession whether {@code max_length} counts all of the session rather than this call's input
     * @throws ApiException when the call can't be answered, or the session is full
     * @throws ClientLeft when the client is gone
     */
    void run(boolean wholeSession) throws InterruptedException {
        int before = session.length();
        int[] input = input();
        int counted = wholeSession ? before + input.length : Math.max(1, input.length);
        int size = size(counted);
        session.addInput(input);
        boolean endless = call.stopSequence().isPresent();
        int limit = endless ? session.room() : Math.min(size, session.room());
        try (Generation generation = engine.submit(request(size, limit));
                ClientWatch watch = client.watch().apply(generation::cancel)) {
            try {
                finish(read(generation, watch, size), size);
            } finally {
                drain(generation);
            }
        }
    }

    /** What was sampled and not taken is in the cache, so the session has to know it. */
    private void drain(Generation generation) throws InterruptedException {
        generation.cancel();
        while (!generation.ended()) {
            if (generation.next() instanceof Event.Delta delta) {
                delta.tokens().stream().forEach(session::addOutput);
            }
        }
    }

    private int[] input() throws InterruptedException {
        if (call.stopSequence().isPresent()) {
            session.hold(new int[0]);
        }
        if (call.inputs().filter(said -> !said.isEmpty()).isPresent()) {
            session.hold(new int[0]);
            return tokens(call.inputs().get());
        }
        if (!session.isEmpty()) {
            return new int[0];
        }
        String beginning = engine.model().vocabulary().bos();
        int[] first = tokens(beginning.isEmpty() ? engine.model().vocabulary().eos() : beginning);
        if (first.length == 0) {
            throw Traceback.raise("ValueError", "this model has no token to begin with; inputs must be given");
        }
        if (call.inputs().isEmpty()) {
            chunk.append(beginning);
            chunkTokens = first.length;
        }
        return first;
    }

    private int size(int counted) {
        if (call.maxNewTokens().isPresent()) {
            return call.maxNewTokens().getAsInt();
        }
        int most = call.maxLength().orElseThrow();
        if (most <= counted) {
            throw Traceback.raise(
                    "AssertionError", "Provided max_length is less than prefix size: " + most + " < " + counted);
        }
        return most - counted;
    }

    private Generate request(int size, int limit) {
        Generate request = Generate.builder(new Prompt.Ids(session.tokens()))
                .sampling(call.sampling())
                .limits(Limits.tokens(limit))
                .stop(call.stops())
                .output(Generate.Output.chunks(size))
                .cache(Generate.Cache.REUSE.in(session.partition()))
                .schedule(new Generate.Schedule(0, client.caller(), defaults.deadline()))
                .speculation(defaults.speculation())
                .build();
        return session.adapters().map(request::with).orElse(request);
    }

    private Event.Finished read(Generation generation, ClientWatch watch, int size) throws InterruptedException {
        while (true) {
            Event event = generation.next();
            switch (event) {
                case Event.Failed failed -> throw new EngineException(failed.error());
                case Event.Started started -> client.spend().accept(started.promptTokens() - started.cachedTokens());
                case Event.Delta delta -> take(delta, size);
                case Event.Finished finished -> {
                    if (watch.left()) {
                        throw new ClientLeft();
                    }
                    return finished;
                }
                default -> {}
            }
        }
    }

    private void take(Event.Delta delta, int size) {
        if (call.stopSequence().isPresent() && chunkTokens >= size && !endsWithStop()) {
            send(false); // it was held, since it might have been the last
        }
        delta.tokens().stream().forEach(session::addOutput);
        client.spend().accept(delta.tokens().size());
        text.append(delta.text());
        chunk.append(delta.text());
        lastTokens = delta.tokens().size();
        chunkTokens += lastTokens;
        boolean mayBeLast = isControl(delta.text()) || endsWithStop();
        if (call.stopSequence().isPresent() && chunkTokens >= size && !mayBeLast) {
            send(false);
        }
    }

    /** Texts of control tokens look like this in nearly every vocabulary; such a one may end the text. */
    private static boolean isControl(String shown) {
        return (shown.startsWith("<") && shown.endsWith(">")) || (shown.startsWith("[") && shown.endsWith("]"));
    }

    private boolean endsWithStop() {
        return call.stops().stream()
                .anyMatch(stop ->
                        text.length() >= stop.length() && text.indexOf(stop, text.length() - stop.length()) >= 0);
    }

    private void send(boolean last) {
        String sent = chunk.toString();
        int count = chunkTokens;
        chunk.setLength(0);
        chunkTokens = 0;
        chunks.take(sent, last, count);
    }

    private void finish(Event.Finished finished, int size) throws InterruptedException {
        switch (finished.reason()) {
            case END_OF_TEXT -> {
                joinHeld();
                nameEnd();
                send(true);
            }
            case STOP_STRING -> {
                joinHeld();
                Optional<String> stop = finished.stoppingWord();
                if (!stop.equals(call.stopSequence())) {
                    session.replaceLast(tokens(call.stopSequence().orElseThrow()));
                }
                send(true);
            }
            case LIMIT, CONTEXT_FULL -> {
                if (call.stopSequence().isPresent() || finished.usage().generatedTokens() < size) {
                    if (call.stopSequence().isPresent() && chunkTokens >= size) {
                        send(false);
                    }
                    throw session.full();
                }
                joinHeld();
                if (session.goesOn()) {
                    holdBeginning();
                }
                send(true);
            }
            case CANCELLED -> throw new ClientLeft();
        }
    }

    /**
     * Shows the token that ended the text by the name that the client expects. Where that is an extra stop sequence, the
     * session has the stop sequence in its place.
     */
    private void nameEnd() throws InterruptedException {
        if (session.isEmpty() || call.stops().isEmpty()) {
            return;
        }
        String shown = engine.ask(new Query.Detokenize(session.last(1), true)).text();
        if (call.stops().contains(USUAL_END)
                && !shown.isEmpty()
                && chunk.toString().endsWith(shown)) {
            chunk.setLength(chunk.length() - shown.length());
            chunk.append(USUAL_END);
        }
        List<String> names = List.of(shown, USUAL_END);
        if (call.stopSequence().filter(names::contains).isEmpty()
                && call.extraStopSequences().stream().anyMatch(names::contains)) {
            session.replaceLast(tokens(call.stopSequence().orElseThrow()));
        }
    }

    /** Shows what an earlier call has held together with what this one has brought. */
    private void joinHeld() throws InterruptedException {
        int before = session.held().length;
        if (before > 0) {
            session.hold(new int[0]);
            lastTokens = before + chunkTokens;
            chunk.setLength(0);
            chunk.append(engine.ask(new Query.Detokenize(session.last(lastTokens), true))
                    .text());
        }
    }

    /** A character that the limit has cut in two goes to the client with its second half, by the next call. */
    private void holdBeginning() {
        int end = chunk.length();
        while (end > 0 && chunk.charAt(end - 1) == REPLACEMENT) {
            end--;
        }
        if (end < chunk.length() && lastTokens < LONGEST_CHARACTER) {
            session.hold(session.last(lastTokens).toArray());
            chunk.setLength(end);
        }
    }

    private int[] tokens(String input) throws InterruptedException {
        return engine.ask(new Query.Tokenize(input, false, true, false))
                .tokens()
                .toArray();
    }
}
