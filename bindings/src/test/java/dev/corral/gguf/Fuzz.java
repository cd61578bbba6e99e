package dev.corral.gguf;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Runs mutants of one file in processes of their own, a new one after each that dies. Not thread-safe. */
final class Fuzz {

    private static final long PATIENCE_SECONDS = 60;
    private static final int MOST_DEATHS = 40;

    private final Path file;
    private final @Nullable Path base;
    private final boolean checked;
    private final List<String> deaths = new ArrayList<>();
    private int refused;
    private int refusedNatively;
    private int ran;

    /** @param base the model that the file adapts, when it is an adapter */
    Fuzz(Path file, @Nullable Path base, boolean checked) {
        this.file = file;
        this.base = base;
        this.checked = checked;
    }

    void run(long firstSeed, long count) throws IOException, InterruptedException {
        long next = firstSeed;
        while (next < firstSeed + count && deaths.size() < MOST_DEATHS) {
            next = runProcess(next, firstSeed + count - next) + 1;
        }
    }

    /** Each mutant that ended its process: its file, its seed, what was changed, and the last words. */
    List<String> deaths() {
        return deaths;
    }

    @Override
    public String toString() {
        return file.getFileName() + ": " + (refused + refusedNatively + ran + deaths.size()) + " mutants, " + refused
                + " refused, " + refusedNatively + " refused by llama.cpp, " + ran + " ran, " + deaths.size() + " died";
    }

    /** Returns the last seed that was dealt with. */
    private long runProcess(long first, long count) throws IOException, InterruptedException {
        Path words = Files.createTempFile("mutants", ".err");
        Process process = start(first, count, words);
        long last = first - 1;
        long trying = -1;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = next(lines, process); line != null; line = next(lines, process)) {
                if (!line.startsWith(MutantProcess.MARK)) {
                    Files.writeString(words, line + "\n", StandardOpenOption.APPEND);
                    continue;
                }
                int space = line.indexOf(' ', MutantProcess.MARK.length());
                long seed = Long.parseLong(line.substring(MutantProcess.MARK.length(), space));
                String what = line.substring(space + 1);
                if (what.equals(MutantProcess.TRYING)) {
                    trying = seed;
                    continue;
                }
                trying = -1;
                last = seed;
                if (what.startsWith(MutantProcess.REFUSED_NATIVELY)) {
                    refusedNatively++;
                } else if (what.startsWith(MutantProcess.REFUSED)) {
                    refused++;
                } else {
                    ran++;
                }
            }
        }
        int code = process.waitFor();
        if (code != 0) {
            last = trying >= 0 ? trying : last + 1;
            deaths.add(file.getFileName() + " seed " + last + " ("
                    + Mutant.of(Gguf.read(file), Files.readAllBytes(file), last) + ") ended with " + code + ": "
                    + lastWords(words));
        }
        Files.delete(words);
        return last;
    }

    private static @Nullable String next(BufferedReader lines, Process process) throws IOException {
        Thread impatience = Thread.startVirtualThread(() -> {
            try {
                TimeUnit.SECONDS.sleep(PATIENCE_SECONDS);
                process.destroyForcibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            return lines.readLine();
        } finally {
            impatience.interrupt();
        }
    }

    private Process start(long first, long count, Path words) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:+ErrorFileToStderr",
                "-Xss64m",
                "-cp",
                System.getProperty("java.class.path"),
                MutantProcess.class.getName(),
                file.toString(),
                base == null ? "" : base.toString(),
                Long.toString(first),
                Long.toString(count),
                Boolean.toString(checked));
        String nativeLibrary = System.getProperty("corral.native.dir");
        if (nativeLibrary != null) {
            builder.command().add(1, "-Dcorral.native.dir=" + nativeLibrary);
        }
        builder.environment().put("GGML_NO_BACKTRACE", "1");
        return builder.redirectError(words.toFile()).start();
    }

    private static String lastWords(Path words) throws IOException {
        Predicate<String> telling = line -> line.contains("GGML_ASSERT")
                || line.contains("ggml/src")
                || line.contains("llama.cpp:")
                || line.contains("SIG")
                || line.contains("terminate")
                || line.contains("what()")
                || line.startsWith("# C  [")
                || line.contains("Error")
                || line.contains("Exception");
        try (var lines = Files.lines(words, StandardCharsets.ISO_8859_1)) {
            return String.join(" | ", lines.filter(telling).limit(8).toList());
        }
    }
}
