package dev.corral.server.hub;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What the name of a GGUF file says: {@code folder/STEM-Q4_K_M-00001-of-00003.gguf}.
 *
 * @param stem the path without extension and part
 * @param quantization in capitals; empty where the name has none
 * @param part from 1
 * @param parts of the whole model; 1 where it is not split
 */
record ModelFile(String stem, Optional<String> quantization, int part, int parts) {

    static final String EXTENSION = ".gguf";

    private static final Pattern SPLIT = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})");
    private static final Pattern QUANTIZATION =
            Pattern.compile("(?i)(?:^|[-._/])((?:UD-)?(?:I?Q\\d\\w*|TQ\\d\\w*|MXFP4\\w*|NVFP4|BF16|F16|FP16|F32))$");
    private static final Pattern BITS = Pattern.compile("\\d+");

    /** Words in the names of files that belong to a model and are none. */
    private static final List<String> COMPANIONS =
            List.of("mmproj", "imatrix", "mtp-", "eagle3-", "dflash-", "dspark-");

    /** Empty where it is no GGUF file. */
    static Optional<ModelFile> of(String path) {
        if (!path.endsWith(EXTENSION)) {
            return Optional.empty();
        }
        String stem = path.substring(0, path.length() - EXTENSION.length());
        int part = 1;
        int parts = 1;
        Matcher split = SPLIT.matcher(stem);
        if (split.matches()) {
            part = Integer.parseInt(split.group(2));
            parts = Integer.parseInt(split.group(3));
            stem = split.group(1);
        }
        Matcher quantization = QUANTIZATION.matcher(stem);
        return Optional.of(new ModelFile(
                stem,
                quantization.find() ? Optional.of(quantization.group(1).toUpperCase(Locale.ROOT)) : Optional.empty(),
                part,
                parts));
    }

    static boolean isProjector(String path) {
        return path.endsWith(EXTENSION) && baseName(path).contains("mmproj");
    }

    /** Whether a file of this name is a model, or the first part of one. */
    static boolean isModel(String path) {
        return of(path).filter(file -> file.part == 1 && COMPANIONS.stream().noneMatch(baseName(path)::contains))
                .isPresent();
    }

    /** The names of all parts, the first first. */
    List<String> all() {
        return parts <= 1
                ? List.of(stem + EXTENSION)
                : IntStream.rangeClosed(1, parts)
                        .mapToObj(number ->
                                String.format(Locale.ROOT, "%s-%05d-of-%05d%s", stem, number, parts, EXTENSION))
                        .toList();
    }

    /** How many bits a weight has by its quantization's name; 0 where that says nothing. */
    int bits() {
        Matcher bits = BITS.matcher(quantization.orElse(""));
        return bits.find() ? Integer.parseInt(bits.group()) : 0;
    }

    /** Whether a person who writes this tag means this model: its quantization, or the end of its name. */
    boolean isMeantBy(String tag) {
        return quantization.filter(tag::equalsIgnoreCase).isPresent()
                || baseName(stem)
                        .toLowerCase(Locale.ROOT)
                        .matches(".*(?:^|[-._])" + Pattern.quote(tag.toLowerCase(Locale.ROOT)));
    }

    static String baseName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    static String folder(String path) {
        return path.substring(0, path.lastIndexOf('/') + 1);
    }
}
