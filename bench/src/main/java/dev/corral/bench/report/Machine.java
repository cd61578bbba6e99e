package dev.corral.bench.report;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a run was measured on.
 *
 * @param processor its name and what it can do
 * @param cores that this process may use
 * @param memoryBytes of the machine
 * @param system its name and version
 * @param java the JVM's version
 * @param loadBefore cores that were busy in the seconds before the run; NaN where that is unknown
 */
public record Machine(String processor, int cores, long memoryBytes, String system, String java, double loadBefore) {

    private static final Path CPU = Path.of("/proc/cpuinfo");
    private static final Set<String> TELLING =
            Set.of("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm", "sve");

    /** Looks at the machine for some seconds. */
    public static Machine here() throws IOException, InterruptedException {
        List<String> cpu = Files.isReadable(CPU) ? Files.readAllLines(CPU) : List.of();
        String name = value(cpu, "model name");
        String abilities = Stream.concat(
                        Stream.of(value(cpu, "flags").split(" ")),
                        Stream.of(value(cpu, "Features").split(" ")))
                .filter(TELLING::contains)
                .sorted()
                .collect(Collectors.joining(", "));
        var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        return new Machine(
                (name.isEmpty() ? System.getProperty("os.arch") : name)
                        + (abilities.isEmpty() ? "" : " (" + abilities + ")"),
                Runtime.getRuntime().availableProcessors(),
                system.getTotalMemorySize(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.runtime.version"),
                busyCores(system));
    }

    /** Between two looks, since a mean over a minute counts what built the benchmark, too. */
    private static double busyCores(OperatingSystemMXBean system) throws InterruptedException {
        system.getCpuLoad();
        TimeUnit.SECONDS.sleep(3);
        double load = system.getCpuLoad();
        return load < 0 ? Double.NaN : load * system.getAvailableProcessors();
    }

    private static String value(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }

    /** True when something else was at work, so that figures are not to be trusted. */
    public boolean busy() {
        return loadBefore > 0.5;
    }

    /** In one line. */
    public String inWords() {
        return String.format(
                Locale.ROOT,
                "%s, %d cores, %.0f GiB of memory, %s, Java %s",
                processor,
                cores,
                memoryBytes / (double) (1 << 30),
                system,
                java);
    }
}
