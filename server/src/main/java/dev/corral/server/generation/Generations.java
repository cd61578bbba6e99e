package dev.corral.server.generation;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.server.http.ClientLeft;
import dev.corral.server.http.ClientWatch;
import dev.corral.server.http.Exchange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * The generations of one request, read as one run of events. They end together: a failure of one, or the client's
 * leaving, cancels the rest.
 *
 * <p>Used by the request's thread only.
 */
public final class Generations implements AutoCloseable {

    /** Takes the events of a request's generations as they come. */
    @FunctionalInterface
    public interface Reader {

        /**
         * Takes one event.
         *
         * @param prompt which of the request's generations it belongs to, from 0
         */
        void read(int prompt, Event event) throws InterruptedException;

        /** All that has come so far was read; more may have come together. */
        default void caughtUp() throws InterruptedException {}

        /** Nothing came for as long as a silence may last. */
        default void silence() {}
    }

    private record Arrival(int prompt, Event event) {}

    private final Exchange exchange;
    private final List<Generation> running = new ArrayList<>();
    private final BlockingQueue<Optional<Arrival>> arrivals = new LinkedBlockingQueue<>();
    private int unfinished;

    private Generations(Exchange exchange) {
        this.exchange = exchange;
    }

    /**
     * Runs generations to their end.
     *
     * @param beat how long a silence may last before {@link Reader#silence}; empty for ever
     * @throws EngineException when one could not be submitted, or failed
     * @throws ClientLeft when the client went away
     */
    public static void run(
            Exchange exchange, Engine engine, List<Generate> requests, Optional<Duration> beat, Reader reader)
            throws InterruptedException {
        try (Generations generations = new Generations(exchange);
                ClientWatch client = exchange.watch(generations::cancel)) {
            generations.submit(engine, requests);
            if (beat.isEmpty()) {
                generations.read(client, reader, () -> {});
                return;
            }
            try (Silence silence = Silence.longerThan(beat.get(), generations::wake)) {
                generations.read(client, reader, silence::broken);
            }
        }
    }

    private void read(ClientWatch client, Reader reader, Runnable arrived) throws InterruptedException {
        while (unfinished > 0) {
            Optional<Arrival> arrival = next(reader);
            if (client.left()) {
                throw new ClientLeft();
            }
            if (arrival.isPresent()) {
                arrived.run();
                take(arrival.get(), reader);
            } else {
                reader.silence();
            }
        }
    }

    @Override
    public void close() {
        cancel();
    }

    private void submit(Engine engine, List<Generate> requests) {
        for (Generate request : requests) {
            Generation generation = engine.submit(request);
            add(generation);
            unfinished += request.completions();
        }
        if (requests.size() > 1) {
            List<Generation> all = running();
            for (int i = 0; i < all.size(); i++) {
                int prompt = i;
                Thread.ofVirtual().name("events").start(() -> forward(prompt, all.get(prompt)));
            }
        }
    }

    private synchronized void add(Generation generation) {
        running.add(generation);
    }

    private synchronized List<Generation> running() {
        return List.copyOf(running);
    }

    /** Called by the watch's thread as well. */
    private void cancel() {
        running().forEach(Generation::cancel);
    }

    /** The next event; empty after a silence. */
    private Optional<Arrival> next(Reader reader) throws InterruptedException {
        Optional<Arrival> arrival = waiting();
        if (arrival.isPresent()) {
            return arrival;
        }
        reader.caughtUp();
        return next();
    }

    /** The next event if it is there already. */
    private Optional<Arrival> waiting() throws InterruptedException {
        List<Generation> all = running();
        if (all.size() == 1) {
            return all.getFirst().next(Duration.ZERO).map(event -> new Arrival(0, event));
        }
        Optional<Arrival> first = arrivals.poll();
        return first == null ? Optional.empty() : first;
    }

    /** The next event; empty after a silence. */
    private Optional<Arrival> next() throws InterruptedException {
        List<Generation> all = running();
        if (all.size() == 1) {
            return all.getFirst().nextUnlessWoken().map(event -> new Arrival(0, event));
        }
        return arrivals.take();
    }

    /** Called by the timer's thread. */
    private void wake() {
        List<Generation> all = running();
        if (all.size() == 1) {
            all.getFirst().wake();
        } else {
            arrivals.add(Optional.empty());
        }
    }

    private void take(Arrival arrival, Reader reader) throws InterruptedException {
        switch (arrival.event()) {
            case Event.Failed failed -> throw new EngineException(failed.error());
            case Event.Started started -> exchange.spend(started.promptTokens());
            case Event.Delta delta -> exchange.spend(delta.tokens().size());
            case Event.Finished _ -> unfinished--;
            default -> {}
        }
        reader.read(arrival.prompt(), arrival.event());
    }

    private void forward(int prompt, Generation generation) {
        try {
            while (!generation.ended()) {
                arrivals.add(Optional.of(new Arrival(prompt, generation.next())));
            }
        } catch (InterruptedException e) {
            generation.cancel();
        }
    }
}
