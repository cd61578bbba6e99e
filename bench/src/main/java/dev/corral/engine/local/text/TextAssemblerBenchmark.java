package dev.corral.engine.local.text;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Turning one token's bytes into text that can be sent, with two stop strings to look out for. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@NullUnmarked
public class TextAssemblerBenchmark {

    private final TextAssembler text = new TextAssembler(List.of("<|im_end|>", "\nUser:"), 0);
    private final byte[] piece = " garden".getBytes(StandardCharsets.UTF_8);

    @Benchmark
    public String oneToken() {
        text.append(piece);
        return text.take();
    }
}
