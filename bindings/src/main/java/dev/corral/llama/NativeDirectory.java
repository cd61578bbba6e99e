package dev.corral.llama;

import dev.corral.llama.LlamaException.Code;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
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
     * jar or the working directory.
     *
     * @throws LlamaException (LIBRARY) naming the folders that were looked into
     */
    static Path find() {
        return find(
                System.getProperty(PROPERTY),
                System.getenv(VARIABLE),
                startingPoints(),
                System.mapLibraryName("corral"));
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
        CodeSource source = NativeDirectory.class.getProtectionDomain().getCodeSource();
        if (source != null && "file".equals(source.getLocation().getProtocol())) {
            try {
                starts.add(
                        Path.of(source.getLocation().toURI()).toAbsolutePath().getParent());
            } catch (URISyntaxException e) {
                throw new LlamaException(Code.LIBRARY, "where this class lies is no path: " + source.getLocation(), e);
            }
        }
        starts.add(Path.of("").toAbsolutePath());
        return starts;
    }
}
