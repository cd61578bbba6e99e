package dev.corral.bench.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Where everything is.
 *
 * @param root of the source tree
 * @param peerPrograms the folder of llama-server and llama-batched-bench
 * @param model a GGUF file
 * @param logs a folder for what the servers say
 * @param threads that every engine computes with
 */
public record Installation(Path root, Path peerPrograms, Path model, Path logs, int threads) {

    private static final String VERSION = "version:";

    /** @throws IllegalArgumentException when something is missing */
    public Installation {
        for (Path file : List.of(
                model,
                serverJar(root),
                peerPrograms.resolve("llama-server"),
                peerPrograms.resolve("llama-batched-bench"))) {
            if (!Files.isReadable(file)) {
                throw new IllegalArgumentException("missing: " + file);
            }
        }
    }

    private static Path serverJar(Path root) {
        return root.resolve("server/target/corral-server.jar");
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** What scripts/serve starts. */
    public List<String> corral(ServerSetup setup, int port) {
        List<String> command = new ArrayList<>(List.of(java(), "@" + root.resolve("server/jvm.options")));
        String more =
                Objects.requireNonNullElse(System.getenv("CORRAL_JVM_OPTS"), "").strip();
        if (!more.isEmpty()) {
            command.addAll(List.of(more.split("\\s+")));
        }
        command.addAll(List.of("-jar", serverJar(root).toString(), "serve"));
        return finish(command, setup, port);
    }

    public List<String> llamaServer(ServerSetup setup, int port) {
        return finish(new ArrayList<>(List.of(program("llama-server"))), setup, port);
    }

    private List<String> finish(List<String> command, ServerSetup setup, int port) {
        command.addAll(List.of("-m", model.toString(), "--host", "127.0.0.1", "--port", String.valueOf(port)));
        command.addAll(setup.toFlags(threads));
        return command;
    }

    String program(String name) {
        return peerPrograms.resolve(name).toString();
    }

    /** The flags that {@code corral serve --help} lists, as one text. */
    public String corralHelp(Children children) throws IOException, InterruptedException {
        return children.output(
                "corral-help", List.of(java(), "-jar", serverJar(root).toString(), "serve", "--help"));
    }

    /** What llama-server says of its version. */
    public String llamaVersion(Children children) throws IOException, InterruptedException {
        return "llama.cpp "
                + children.output("llama-version", List.of(program("llama-server"), "--version"))
                        .lines()
                        .filter(line -> line.startsWith(VERSION))
                        .map(line -> line.substring(VERSION.length()).strip())
                        .findFirst()
                        .orElse("of unknown version");
    }
}
