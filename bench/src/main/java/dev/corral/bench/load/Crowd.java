package dev.corral.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;

/** Clients that begin at the same moment. */
public final class Crowd {

    private Crowd() {}

    /** What one client does. */
    @FunctionalInterface
    public interface Client<T> {
        T run(int index) throws Exception;
    }

    /** Runs clients on virtual threads; returns what each of them brought, in order. */
    public static <T> List<T> run(int clients, Client<T> client) throws InterruptedException {
        return run(clients, client, Thread.ofVirtual().factory());
    }

    /**
     * Runs clients on threads of some kind.
     *
     * @throws IllegalStateException when a client failed
     */
    public static <T> List<T> run(int clients, Client<T> client, ThreadFactory threads) throws InterruptedException {
        CountDownLatch ready = new CountDownLatch(clients);
        CountDownLatch go = new CountDownLatch(1);
        try (ExecutorService executor = Executors.newThreadPerTaskExecutor(threads)) {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                int index = i;
                futures.add(executor.submit(() -> {
                    ready.countDown();
                    go.await();
                    return client.run(index);
                }));
            }
            ready.await();
            go.countDown();
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a client failed: " + e.getCause(), e.getCause());
        }
    }

    /** Tokens a second of all answers together, from the first request to the last byte. */
    public static double tokensPerSecond(List<Streamed> answers) {
        int tokens =
                answers.stream().mapToInt(answer -> answer.require().tokens()).sum();
        return tokens / seconds(answers);
    }

    /** From the first request to the last byte. */
    public static double seconds(List<Streamed> answers) {
        long from = answers.stream().mapToLong(Streamed::sent).min().orElseThrow();
        long to = answers.stream().mapToLong(Streamed::ended).max().orElseThrow();
        return (to - from) / 1e9;
    }
}
