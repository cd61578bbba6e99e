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
    private static final float TOP_P = 0.9f;
    private static final float MIN_P = 0.05f;

    private Path file;
    private Model model;
    private Context context;
    private Batch batch;
    private SamplingRows rows;
    private SamplerChain greedy;
    private SamplerChain topK;
    private SamplerChain topP;
    private SamplerChain minP;
    private SamplerChain usual;
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
        topP = SamplerChain.builder(model.vocabulary()).topP(TOP_P, 1).dist(1).build();
        minP = SamplerChain.builder(model.vocabulary()).minP(MIN_P, 1).dist(1).build();
        usual = SamplerChain.builder(model.vocabulary())
                .penalties(64, 1.1f, 0, 0)
                .topK(TOP_K)
                .topP(TOP_P, 1)
                .minP(MIN_P, 1)
                .temperature(0.8f)
                .dist(1)
                .build();
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
        topP.close();
        minP.close();
        usual.close();
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

    @Benchmark
    public int topPRow() {
        return sample(topP);
    }

    @Benchmark
    public int topPLoop() throws Throwable {
        return loop.topP(TOP_P);
    }

    @Benchmark
    public int minPRow() {
        return sample(minP);
    }

    @Benchmark
    public int minPLoop() throws Throwable {
        return loop.minP(MIN_P);
    }

    @Benchmark
    public int usualRow() {
        return sample(usual);
    }

    private int sample(SamplerChain chain) {
        rows.clear();
        rows.add(chain, null, 0, 0, false);
        rows.sample(context);
        return rows.token(0);
    }
}
