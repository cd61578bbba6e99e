package dev.corral.llama;

import dev.corral.llama.LlamaException.Code;
import java.io.File;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the native libraries are. */
final class NativeDirectory {

    static final String PROPERTY = "corral.native.dir";
    static final String VARIABLE = "CORRAL_NATIVE_DIR";

    /** Below a folder of a package, or of a source tree that was built. */
    private static final List<Path> PLACES =
            List.of(Path.of("native"), Path.of("lib", "native"), Path.of("build", "native", "lib"));

    private NativeDirectory() {}

    /**
     * The folder named by the property, else by the environment variable, else the nearest one at or above this class's
     * jar or the working directory, else where those on the class path were unpacked to.
     *
     * @throws LlamaException (LIBRARY) naming the folders that were looked into
     */
    static Path find() {
        try {
            return find(
                    System.getProperty(PROPERTY),
                    System.getenv(VARIABLE),
                    startingPoints(),
                    System.mapLibraryName("corral"));
        } catch (LlamaException e) {
            if (System.getProperty(PROPERTY) != null || System.getenv(VARIABLE) != null) {
                throw e; // one that was named is not there
            }
            return PackedNatives.on(NativeDirectory.class.getClassLoader(), PackedNatives.platform())
                    .orElseThrow(() -> e)
                    .unpack(PackedNatives.standardCache());
        }
    }

    static Path find(@Nullable String property, @Nullable String variable, List<Path> starts, String fileName) {
        if (property != null && !property.isBlank()) {
            return named("-D" + PROPERTY, property, fileName);
        }
        if (variable != null && !variable.isBlank()) {
            return named(VARIABLE, variable, fileName);
        }
        Set<Path> candidates = new LinkedHashSet<>();
        for (Path start : starts) {
            for (Path folder = start; folder != null; folder = folder.getParent()) {
                for (Path place : PLACES) {
                    candidates.add(folder.resolve(place));
                }
            }
        }
        for (Path candidate : candidates) {
            if (Files.isRegularFile(candidate.resolve(fileName))) {
                return candidate;
            }
        }
        throw new LlamaException(
                Code.LIBRARY,
                "found no " + fileName + " at or above " + starts + " in " + PLACES
                        + "; build the native code, or set -D" + PROPERTY + " or " + VARIABLE
                        + " to the folder that holds it");
    }

    private static Path named(String by, String folder, String fileName) {
        Path directory = Path.of(folder).toAbsolutePath().normalize();
        if (!Files.isRegularFile(directory.resolve(fileName))) {
            throw new LlamaException(Code.LIBRARY, by + " names " + directory + ", which holds no " + fileName);
        }
        return directory;
    }

    private static List<Path> startingPoints() {
        List<Path> starts = new ArrayList<>();
        ownJar().map(Path::getParent).ifPresent(starts::add);
        starts.add(Path.of("").toAbsolutePath());
        return starts;
    }

    /** The jar or folder that this class is in. */
    private static Optional<Path> ownJar() {
        CodeSource source = NativeDirectory.class.getProtectionDomain().getCodeSource();
        @Nullable URL location = source == null ? null : source.getLocation();
        if (location == null) {
            // a class from a startup cache may not know; the first jar of the class path is the program's
            String first = System.getProperty("java.class.path", "").split(File.pathSeparator, 2)[0];
            return first.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Path.of(first).toAbsolutePath());
        }
        if (!"file".equals(location.getProtocol())) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(location.toURI()).toAbsolutePath());
        } catch (URISyntaxException e) {
            throw new LlamaException(Code.LIBRARY, "where this class lies is no path: " + location, e);
        }
    }
}
