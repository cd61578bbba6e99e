package dev.corral.server.flags;

import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.server.dialects.DialectPort;
import dev.corral.server.http.HttpSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The flags of Chinese-LLaMA-Alpaca's server, {@code --base_model} and so on, each as what it means here. With {@code
 * --base_model} its dialect gets its own port.
 */
final class AlpacaFlags {

    private static final int PORT = 19_327;
    private static final String DIALECT = "alpaca";
    private static final Pattern DEVICE = Pattern.compile("\\d{1,4}");
    private static final Pattern DEVICES = Pattern.compile("\\d{1,4}(,\\d{1,4})*");

    @Option(
            names = "--base-model",
            paramLabel = "FILE",
            description = "As -m, or a folder with one GGUF file; and alpaca is served on port " + PORT + ", unless "
                    + "--listen says otherwise.")
    @Nullable
    Path baseModel;

    @Option(names = "--lora-model", paramLabel = "FILE", description = "As --lora, or a folder with one GGUF file.")
    @Nullable
    Path loraModel;

    @Option(
            names = "--tokenizer-path",
            paramLabel = "PATH",
            description = "Has no effect: a GGUF file has its own tokenizer.")
    @Nullable
    String tokenizer;

    @Option(
            names = "--gpus",
            paramLabel = "IDS",
            description = "One GPU, as -sm none -mg ID; several have no effect, since all are used.")
    @Nullable
    String gpus;

    @Option(names = "--only-cpu", description = "As -ngl 0.")
    boolean onlyCpu;

    @Option(
            names = {"--load-in-8bit", "--load-in-4bit"},
            description = "Has no effect: the GGUF file is quantized or is not.")
    boolean quantized;

    @Option(
            names = "--alpha",
            paramLabel = "N",
            defaultValue = "1",
            description = "Stretch positions for a context about so many times the model's own (NTK), to be given "
                    + "by -c; 1 to 64 (default: ${DEFAULT-VALUE}).")
    String alpha = "1";

    /** The model that is named this way. */
    Optional<Path> model() {
        return Optional.ofNullable(baseModel).map(path -> file("--base_model", path));
    }

    /** The adapter that is named this way. */
    Optional<Path> adapter() {
        return Optional.ofNullable(loraModel).map(path -> file("--lora_model", path));
    }

    LocalEngineOptionsBuilder applyTo(LocalEngineOptionsBuilder options) {
        if (gpus != null && !gpus.isEmpty() && !DEVICES.matcher(gpus).matches()) {
            throw new BadFlag("--gpus must be numbers of GPUs with commas between them, but is " + gpus);
        }
        if (onlyCpu || (gpus != null && gpus.isEmpty())) {
            options.gpuLayers(0);
        } else if (gpus != null && DEVICE.matcher(gpus).matches()) {
            options.splitMode("none").mainGpu(Integer.parseInt(gpus));
        }
        return options.ropeAlpha(alpha());
    }

    /** The ports of single dialects, with the one that {@code --base_model} asks for. */
    List<DialectPort> withOwnPort(List<DialectPort> ports, HttpSettings http) {
        boolean given = ports.stream().anyMatch(port -> port.dialect().startsWith(DIALECT));
        if (baseModel == null || given) {
            return ports;
        }
        List<DialectPort> more = new ArrayList<>(ports);
        more.add(new DialectPort(DIALECT, http.reachedAt(http.host(), PORT)));
        return more;
    }

    /** What of the command line has no effect, and why. */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        if (tokenizer != null) {
            notes.add("--tokenizer_path has no effect: a GGUF file has its own tokenizer");
        }
        if (quantized) {
            notes.add("--load_in_8bit and --load_in_4bit have no effect: a GGUF file is quantized when it is made, "
                    + "as by llama-quantize");
        }
        if (gpus != null && gpus.contains(",")) {
            notes.add("--gpus " + gpus + " has no effect: all GPUs are used; CUDA_VISIBLE_DEVICES hides some");
        }
        return notes;
    }

    private double alpha() {
        try {
            return Double.parseDouble(alpha);
        } catch (NumberFormatException e) {
            throw new BadFlag("--alpha must be a number, but is " + alpha
                    + (alpha.equals("auto") ? ": the scaling is the same for all requests here" : ""));
        }
    }

    private static Path file(String flag, Path path) {
        if (!Files.isDirectory(path)) {
            if (!Files.isRegularFile(path)) {
                throw new BadFlag(flag + " must be a GGUF file, but there is none at " + path);
            }
            return path;
        }
        try (Stream<Path> files = Files.list(path)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(".gguf")).toList();
            if (found.size() == 1) {
                return found.getFirst();
            }
            throw new BadFlag(flag + " must be a GGUF file, or a folder with one, but " + path + " has " + found.size()
                    + "; llama.cpp's convert_hf_to_gguf.py and convert_lora_to_gguf.py make them");
        } catch (IOException e) {
            throw new BadFlag(flag + " can't be read: " + e.getMessage());
        }
    }
}
