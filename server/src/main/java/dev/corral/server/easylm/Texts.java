package dev.corral.server.easylm;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.server.http.ClientLeft;
import dev.corral.server.http.ClientWatch;
import dev.corral.server.http.Exchange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * Runs the generations of a list, however long it is, some at a time: enough to keep every slot busy, and few enough to
 * leave the queue to others.
 *
 * <p>Used by the request's thread.
 */
final class Texts {

    /** A text that was generated. */
    record Text(String text, int[] tokens, FinishReason reason) {}

    private final Exchange exchange;
    private final Engine engine;
    private final int atOnce;
    private final Deque<Generation> running = new ArrayDeque<>();
    private final List<Text> done = new ArrayList<>();

    private Texts(Exchange exchange, Engine engine, int atOnce) {
        this.exchange = exchange;
        this.engine = engine;
        this.atOnce = atOnce;
    }

    /**
     * Runs them.
     *
     * @param atOnce how many run at once; 0 for as many as suit the engine
     * @return in the order of the requests
     * @throws ClientLeft when the client went away
     */
    static List<Text> run(Exchange exchange, Engine engine, List<Generate> requests, int atOnce)
            throws InterruptedException {
        return new Texts(exchange, engine, atOnce == 0 ? 2 * engine.model().slots() : atOnce).run(requests);
    }

    private List<Text> run(List<Generate> requests) throws InterruptedException {
        AtomicBoolean left = new AtomicBoolean();
        Thread waiting = Thread.currentThread();
        try (ClientWatch _ = exchange.watch(() -> {
            left.set(true);
            waiting.interrupt();
        })) {
            for (Generate request : requests) {
                while (running.size() >= atOnce || !submitted(request)) {
                    finishFirst();
                }
            }
            while (!running.isEmpty()) {
                finishFirst();
            }
            return done;
        } catch (InterruptedException e) {
            if (left.get()) {
                throw new ClientLeft();
            }
            throw e;
        } finally {
            running.forEach(Generation::close);
        }
    }

    /** False when others have filled the queue, and one of this list will make room. */
    private boolean submitted(Generate request) {
        try {
            running.add(engine.submit(request));
            return true;
        } catch (EngineException e) {
            if (e.error() instanceof EngineError.Busy && !running.isEmpty()) {
                return false;
            }
            throw e;
        }
    }

    private void finishFirst() throws InterruptedException {
        StringBuilder text = new StringBuilder();
        IntStream.Builder tokens = IntStream.builder();
        try (Generation first = running.getFirst()) {
            while (true) {
                switch (first.next()) {
                    case Event.Failed failed -> throw new EngineException(failed.error());
                    case Event.Started started -> exchange.spend(started.promptTokens());
                    case Event.Delta delta -> {
                        exchange.spend(delta.tokens().size());
                        text.append(delta.text());
                        delta.tokens().stream().forEach(tokens::add);
                    }
                    case Event.Finished finished -> {
                        running.removeFirst();
                        done.add(new Text(text.toString(), tokens.build().toArray(), finished.reason()));
                        return;
                    }
                    default -> {}
                }
            }
        }
    }
}
