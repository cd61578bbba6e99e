package dev.corral.bench.jmh;

import dev.corral.llama.Batch;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.Model;
import dev.corral.llama.NativeLog;
import dev.corral.llama.SamplerChain;
import dev.corral.llama.SamplingRows;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Choosing a token from one row of 152,064 logits: as the engine does it, and in a C++ loop. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@NullUnmarked
public class SamplingBenchmark {

    private static final int TOP_K = 40;

    private Path file;
    private Model model;
    private Context context;
    private Batch batch;
    private SamplingRows rows;
    private SamplerChain greedy;
    private SamplerChain topK;
    private SamplingLoop loop;

    @Setup
    public void open() throws Throwable {
        NativeLog.route(NativeLog.Level.ERROR, line -> {});
        file = Files.createTempFile("corral-bench", ".gguf");
        WideModel.write(file);
        model = Model.open(file);
        context = model.newContext(ContextOptions.builder()
                .contextSize(512)
                .batchSize(64)
                .microBatchSize(64)
                .maxSequences(1)
                .build());
        batch = new Batch(64);
        batch.add(1, 0, 0, true);
        context.decode(batch);
        float[] logits = new float[WideModel.VOCABULARY];
        context.copyLogits(0, logits);
        rows = new SamplingRows(1, 1);
        greedy = SamplerChain.builder(model.vocabulary()).greedy().build();
        topK = SamplerChain.builder(model.vocabulary()).topK(TOP_K).dist(1).build();
        loop = new SamplingLoop(EngineBenchmarks.loop(), logits);
        if (greedyRow() != loop.greedy()) {
            throw new IllegalStateException("the engine and the loop do not choose the same token");
        }
    }

    @TearDown
    public void close() throws Exception {
        loop.close();
        greedy.close();
        topK.close();
        rows.close();
        batch.close();
        context.close();
        model.close();
        Files.delete(file);
    }

    @Benchmark
    public int greedyRow() {
        return sample(greedy);
    }

    @Benchmark
    public int greedyLoop() throws Throwable {
        return loop.greedy();
    }

    @Benchmark
    public int topKRow() {
        return sample(topK);
    }

    @Benchmark
    public int topKLoop() throws Throwable {
        return loop.topK(TOP_K);
    }

    private int sample(SamplerChain chain) {
        rows.clear();
        rows.add(chain, null, 0, 0, false);
        rows.sample(context);
        return rows.token(0);
    }
}
