package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The native code: libcorral and with it llama.cpp, loaded once for the life of the JVM. Everything that needs it loads
 * it; to fail early, call {@link #load} at start. Safe for several threads.
 *
 * <p>It is looked for in the folder that the system property {@code corral.native.dir} names, else in that of the
 * environment variable {@code CORRAL_NATIVE_DIR}, else in {@code native}, {@code lib/native} or {@code build/native/lib}
 * of each folder at or above this jar's and the working directory, else in a jar of native libraries for this platform on the
 * class path, which is unpacked into {@code ~/.cache/corral/natives}.
 */
public final class NativeLibrary {

    private static final System.Logger LOG = System.getLogger("dev.corral.llama");
    private static final String FLAG = "--enable-native-access=ALL-UNNAMED";

    private static @Nullable NativeLibrary loaded;

    private final Path file;
    private final boolean attendsOnCpu;

    private NativeLibrary(Path file, boolean attendsOnCpu) {
        this.file = file;
        this.attendsOnCpu = attendsOnCpu;
    }

    /**
     * Loads the library, compares its structs with those of the bindings, and starts llama.cpp's backends. Does nothing
     * when that was done before.
     *
     * @throws LlamaException (LIBRARY) when it is missing, can't be loaded, or is another version than the bindings'
     */
    public static synchronized NativeLibrary load() {
        if (loaded == null) {
            Path directory = NativeDirectory.find();
            Path file = directory.resolve(System.mapLibraryName("corral"));
            link(file);
            List<String> differences = AbiProbe.differences(AbiProbe.reported());
            if (!differences.isEmpty()) {
                throw new LlamaException(
                        Code.LIBRARY,
                        file + " (" + Utf8.read(Native.corral_version()) + ") does not fit these bindings: "
                                + String.join("; ", differences));
            }
            NativeLog.install();
            startBackends(directory);
            loaded = new NativeLibrary(file, Native.corral_add_cpu_operations());
        }
        return loaded;
    }

    private static void link(Path file) {
        Module module = NativeLibrary.class.getModule();
        if (!module.isNativeAccessEnabled()) {
            LOG.log(System.Logger.Level.WARNING, "native access is not enabled; start Java with " + FLAG);
        }
        try {
            System.load(file.toString());
        } catch (IllegalCallerException e) {
            throw new LlamaException(Code.LIBRARY, "Java does not allow native access; start it with " + FLAG, e);
        } catch (UnsatisfiedLinkError e) {
            throw new LlamaException(Code.LIBRARY, "can't load " + file + ": " + e.getMessage(), e);
        }
    }

    private static void startBackends(Path directory) {
        // A portable build has none of its backends linked in: they lie beside the library.
        if (Native.ggml_backend_reg_count() == 0) {
            try (Arena arena = Arena.ofConfined()) {
                Native.ggml_backend_load_all_from_path(
                        Utf8.terminated(arena, directory.toString(), "the library's folder"));
            }
        }
        if (Native.ggml_backend_dev_count() == 0) {
            throw new LlamaException(Code.LIBRARY, "no ggml backend works on this machine; looked into " + directory);
        }
        Native.llama_backend_init();
    }

    /** The file that was loaded. */
    public Path file() {
        return file;
    }

    /** Whether CPUs compute attention over keys and values of 16 bits with Corral's kernel, which this machine then suits. */
    public boolean attendsOnCpu() {
        return attendsOnCpu;
    }

    /** "llama.cpp 0.5.0". */
    public String version() {
        return Utf8.read(Native.corral_version());
    }

    /** What the CPU backend was built for and found, as llama.cpp prints it. */
    public String systemInfo() {
        return Utf8.read(Native.llama_print_system_info());
    }

    /** Whether layers can be put on a GPU. */
    public boolean supportsGpuOffload() {
        return Native.llama_supports_gpu_offload();
    }

    /** What there is to compute on, in ggml's order, with its free memory at this moment. */
    public List<Device> devices() {
        long count = Native.ggml_backend_dev_count();
        List<Device> devices = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment free = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment total = arena.allocate(ValueLayout.JAVA_LONG);
            for (long i = 0; i < count; i++) {
                MemorySegment device = Native.ggml_backend_dev_get(i);
                Native.ggml_backend_dev_memory(device, free, total);
                devices.add(new Device(
                        Utf8.read(Native.ggml_backend_dev_name(device)),
                        Utf8.read(Native.ggml_backend_dev_description(device)),
                        kind(Native.ggml_backend_dev_type(device)),
                        free.get(ValueLayout.JAVA_LONG, 0),
                        total.get(ValueLayout.JAVA_LONG, 0)));
            }
        }
        return devices;
    }

    private static Device.Kind kind(int type) {
        if (type == Native.GGML_BACKEND_DEVICE_TYPE_CPU()) {
            return Device.Kind.CPU;
        }
        if (type == Native.GGML_BACKEND_DEVICE_TYPE_GPU()) {
            return Device.Kind.GPU;
        }
        if (type == Native.GGML_BACKEND_DEVICE_TYPE_IGPU()) {
            return Device.Kind.INTEGRATED_GPU;
        }
        return type == Native.GGML_BACKEND_DEVICE_TYPE_ACCEL() ? Device.Kind.ACCELERATOR : Device.Kind.OTHER;
    }
}
