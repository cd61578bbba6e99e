package dev.corral.engine.local.options;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.InvalidRequestException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which LoRA adapters an engine has.
 *
 * @param files to be loaded with the model
 * @param apply whether these are applied, with their scales, to requests that don't choose adapters themselves
 * @param folder where further ones are loaded from as requests name them; a name leads nowhere else
 */
public record AdapterOptions(List<File> files, boolean apply, Optional<Path> folder) {

    /** No adapters. */
    public static final AdapterOptions NONE = new AdapterOptions(List.of(), true, Optional.empty());

    /** What an adapter may be called. */
    public static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");

    private static final String ENDING = ".gguf";

    /**
     * An adapter's file.
     *
     * @param name what requests call it
     * @param scale how strongly it is applied
     */
    public record File(String name, Path path, float scale) {

        public File {
            AdapterSet.Scaled.SCALE.check("lora-scaled", scale);
            if (!NAME.matcher(name).matches()) {
                throw new InvalidRequestException(
                        "lora",
                        name,
                        "must have a name of 1 to 128 letters, digits, '.', '_' or '-', not beginning with a '.'");
            }
        }

        /** An adapter that has its file's name. */
        public static File of(Path path, float scale) {
            String file = String.valueOf(path.getFileName());
            return new File(
                    file.endsWith(ENDING) ? file.substring(0, file.length() - ENDING.length()) : file, path, scale);
        }
    }

    public AdapterOptions {
        files = List.copyOf(files);
        Set<String> names = new HashSet<>();
        for (File file : files) {
            if (!names.add(file.name())) {
                throw new InvalidRequestException(
                        "lora", file.name() + " twice", "must give each adapter a name of its own, as in NAME=FILE");
            }
        }
    }
}
