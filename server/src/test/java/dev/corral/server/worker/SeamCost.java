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
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the process boundary costs: streams through a worker and through an engine in this process, in turn. A program, not a
 * test: {@code java -cp … dev.corral.server.worker.SeamCost STREAMS TOKENS ROUNDS}.
 */
final class SeamCost {

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
        long frames = 0;
        long bytes = 0;
        long steps = 0;
        for (int round = 0; round < rounds; round++) {
            try (Engine engine = LocalEngine.open(options, progress -> {})) {
                within[round] = speed(engine, streams, tokens);
            }
            try (WorkerEngine engine = WorkerEngine.open(options, progress -> {})) {
                across[round] = speed(engine, streams, tokens);
                frames += engine.frames();
                bytes += engine.bytes();
                steps += engine.stats().steps();
            }
        }
        Arrays.sort(within);
        Arrays.sort(across);
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), true);
        out.printf("in process  %s tokens/s%n", Arrays.toString(within));
        out.printf("in a worker %s tokens/s%n", Arrays.toString(across));
        out.printf("ratio of medians %.4f%n", across[rounds / 2] / within[rounds / 2]);
        out.printf("%d steps, %d frames, %.1f bytes a step%n", steps, frames, (double) bytes / Math.max(1, steps));
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
