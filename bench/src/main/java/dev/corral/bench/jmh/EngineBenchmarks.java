package dev.corral.bench.jmh;

import dev.corral.engine.local.EngineSteps;
import dev.corral.llama.NativeLog;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs the JMH benchmarks, each in a JVM of its own. */
public final class EngineBenchmarks {

    static final String MODEL = "corral.bench.model";
    static final String LOOP = "corral.bench.loop";
    private static final List<String> PACKAGES = List.of("dev.corral.engine.local", "dev.corral.bench.jmh");

    private final Path root;
    private final Path model;
    private final Path loop;
    private final boolean quick;

    /**
     * @param root of the source tree
     * @param loop the library with the C++ loops
     */
    public EngineBenchmarks(Path root, Path model, Path loop, boolean quick) {
        this.root = root;
        this.model = model;
        this.loop = loop;
        this.quick = quick;
    }

    /** In a benchmark's own JVM: the library with the C++ loops. */
    static Path loop() {
        return Path.of(Objects.requireNonNull(System.getProperty(LOOP)));
    }

    /** Runs those whose names contain one of {@code only}; all of them when it is empty. */
    public Collection<RunResult> run(List<String> only) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .forks(1)
                .threads(1)
                .warmupIterations(quick ? 1 : 3)
                .warmupTime(seconds(quick ? 1 : 2))
                .measurementIterations(quick ? 1 : 5)
                .measurementTime(seconds(quick ? 1 : 2))
                .timeout(TimeValue.minutes(2))
                .shouldFailOnError(true)
                .jvmArgs(
                        "@" + root.resolve("server/jvm.options"),
                        "--enable-native-access=ALL-UNNAMED",
                        "-D" + MODEL + "=" + model,
                        "-D" + LOOP + "=" + loop);
        for (String packageName : PACKAGES) {
            if (only.isEmpty()) {
                options.include(packageName + ".*");
            }
            only.forEach(name -> options.include(packageName + "\\..*" + name + ".*"));
        }
        return new Runner(options.build()).run();
    }

    private static TimeValue seconds(int count) {
        return new TimeValue(count, TimeUnit.SECONDS);
    }

    /** Bytes of Java heap that the engine thread allocates for each token. */
    public double bytesPerToken() throws InterruptedException {
        NativeLog.route(NativeLog.Level.ERROR, line -> {});
        return EngineSteps.bytesPerToken(model, quick ? 2_000 : 20_000, 2_000);
    }
}
