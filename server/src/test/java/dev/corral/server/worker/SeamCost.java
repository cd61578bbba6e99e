package dev.corral.server.worker;

import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TestModel;
import dev.corral.engine.local.options.LocalEngineOptions;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the process boundary costs: streams through a worker and through an engine in this process, in pairs. A program, not a
 * test: {@code java -cp … dev.corral.server.worker.SeamCost STREAMS TOKENS ROUNDS}.
 */
final class SeamCost {

    private static final int WARM_UPS = 3;

    private SeamCost() {}

    public static void main(String[] args) throws InterruptedException {
        int streams = Integer.parseInt(args[0]);
        int tokens = Integer.parseInt(args[1]);
        int rounds = Integer.parseInt(args[2]);
        LocalEngineOptions options = LocalEngineOptions.builder(TestModel.path())
                .contextSize(streams * 512)
                .slots(streams)
                .build();
        double[] within = new double[rounds];
        double[] across = new double[rounds];
        double[] ratios = new double[rounds];
        try (Engine local = LocalEngine.open(options, progress -> {});
                WorkerEngine worker = WorkerEngine.open(options, progress -> {})) {
            for (int i = 0; i < WARM_UPS; i++) {
                run(local, streams, tokens);
                run(worker, streams, tokens);
            }
            long steps = worker.stats().steps();
            long frames = worker.frames();
            long bytes = worker.bytes();
            for (int round = 0; round < rounds; round++) {
                if (round % 2 == 0) {
                    within[round] = speed(local, streams, tokens);
                    across[round] = speed(worker, streams, tokens);
                } else {
                    across[round] = speed(worker, streams, tokens);
                    within[round] = speed(local, streams, tokens);
                }
                ratios[round] = across[round] / within[round];
            }
            steps = worker.stats().steps() - steps;
            PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
            out.printf("in process  %.1f tokens/s%n", median(within));
            out.printf("in a worker %.1f tokens/s%n", median(across));
            out.printf(
                    "ratio, median of %d pairs %.4f; all of them %s%n",
                    rounds, median(ratios), Arrays.toString(ratios));
            out.printf(
                    "%d steps, %d frames, %.1f bytes a step%n",
                    steps, worker.frames() - frames, (double) (worker.bytes() - bytes) / Math.max(1, steps));
        }
    }

    /** Sorts. */
    private static double median(double[] values) {
        Arrays.sort(values);
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private static double speed(Engine engine, int streams, int tokens) throws InterruptedException {
        run(engine, streams, 8);
        long begun = System.nanoTime();
        run(engine, streams, tokens);
        return (double) streams * tokens * 1e9 / (System.nanoTime() - begun);
    }

    private static void run(Engine engine, int streams, int tokens) throws InterruptedException {
        List<Thread> readers = new ArrayList<>();
        for (int stream = 0; stream < streams; stream++) {
            Generate request = Generate.of(Prompt.text(stream + " Once upon a time"))
                    .with(Sampling.builder().temperature(0).ignoreEos(true).build())
                    .with(Limits.tokens(tokens));
            readers.add(Thread.ofVirtual().start(() -> read(engine, request)));
        }
        for (Thread reader : readers) {
            reader.join();
        }
    }

    private static void read(Engine engine, Generate request) {
        try (Generation generation = engine.submit(request)) {
            while (!generation.ended()) {
                generation.next();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
