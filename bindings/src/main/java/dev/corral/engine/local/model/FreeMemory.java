package dev.corral.engine.local.model;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.Device;
import dev.corral.llama.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory that a model may take.
 *
 * @param host bytes that are free, or hold nothing but copies of files
 * @param devices GPUs with memory of their own
 */
public record FreeMemory(long host, List<Device> devices) {

    private static final Path LINUX = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("(?m)^MemAvailable: +(\\d+) kB$");
    private static final int KIB = 1024;

    public FreeMemory {
        devices = List.copyOf(devices);
    }

    /** At this moment, for these options. */
    public static FreeMemory now(LocalEngineOptions options) {
        List<Device> gpus = options.gpuLayers() == 0
                ? List.of()
                : NativeLibrary.load().devices().stream()
                        .filter(device -> device.kind() == Device.Kind.GPU && device.freeBytes() > 0)
                        .toList();
        boolean one = options.splitMode().equals("none") && options.mainGpu() < gpus.size();
        return new FreeMemory(hostNow(), one ? List.of(gpus.get(Math.max(0, options.mainGpu()))) : gpus);
    }

    private static long hostNow() {
        long total = MemoryNeed.ofMachine();
        // elsewhere nobody says what the copies of files take
        return Math.min(total, available().orElse(total / 4 * 3));
    }

    private static OptionalLong available() {
        try {
            Matcher line = AVAILABLE.matcher(Files.isReadable(LINUX) ? Files.readString(LINUX) : "");
            return line.find() ? OptionalLong.of(Long.parseLong(line.group(1)) * KIB) : OptionalLong.empty();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** Bytes of all devices. */
    long ofDevices() {
        return devices.stream().mapToLong(Device::freeBytes).sum();
    }
}
