package dev.corral.engine.local;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a step of 64 streams costs beside computing: every sample is one step. */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@NullUnmarked
public class EngineStepBenchmark {

    private EngineSteps engine;

    @Setup
    public void open() {
        engine = new EngineSteps(Path.of(System.getProperty("corral.bench.model")));
    }

    @Setup(Level.Invocation)
    public void prepare() throws InterruptedException {
        engine.prepare();
    }

    @TearDown
    public void close() {
        engine.close();
    }

    @Benchmark
    public void stepOf64Streams() {
        engine.step();
    }
}
