package dev.corral.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A model in several files, named {@code NAME-00001-of-00003.gguf} and so on; the first has the metadata. */
final class SplitFiles {

    private static final String NUMBER = "split.no";
    private static final String COUNT = "split.count";
    private static final String TENSORS = "split.tensors.count";
    private static final int MOST_PARTS = 0xFFFF;

    private SplitFiles() {}

    /** All parts of the model whose first is given; that one alone when it is not split. */
    static List<Gguf> of(Gguf first) {
        Inspection inspection = new Inspection(first);
        Value declared = inspection.get(COUNT);
        if (declared == null) {
            return List.of(first);
        }
        int count = (int) inspection.whole(COUNT, declared, ValueType.U16);
        if (count <= 1) {
            return List.of(first);
        }
        requireNumber(inspection, 0);
        List<Gguf> parts = new ArrayList<>(count);
        parts.add(first);
        String prefix = prefix(inspection, count);
        for (int i = 1; i < Math.min(count, MOST_PARTS); i++) {
            Path file = first.file().resolveSibling(prefix + suffix(i, count));
            Gguf part = Gguf.read(file);
            requireNumber(new Inspection(part), i);
            parts.add(part);
        }
        requireTensors(inspection, parts);
        return parts;
    }

    private static void requireNumber(Inspection part, int expected) {
        Value number = part.get(NUMBER);
        if (number == null) {
            throw part.missing(NUMBER);
        }
        long actual = part.whole(NUMBER, number, ValueType.U16);
        if (actual != expected) {
            throw part.wrong(
                    NUMBER,
                    "is " + actual + ", but must be " + expected
                            + (expected == 0 ? ": a split model is opened by its first file" : ""));
        }
    }

    private static String prefix(Inspection first, int count) {
        String name = String.valueOf(first.gguf().file().getFileName());
        String suffix = suffix(0, count);
        if (!name.endsWith(suffix) || name.length() == suffix.length()) {
            throw new GgufException(
                    first.gguf().file(), "is the first of " + count + " files, so its name must end with " + suffix);
        }
        return name.substring(0, name.length() - suffix.length());
    }

    private static String suffix(int index, int count) {
        return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", index + 1, count);
    }

    private static void requireTensors(Inspection first, List<Gguf> parts) {
        Set<String> names = new HashSet<>();
        for (Gguf part : parts) {
            for (TensorInfo tensor : part.tensors()) {
                if (!names.add(tensor.name())) {
                    throw new Inspection(part).wrong(tensor, "is in an earlier file too");
                }
            }
        }
        Value declared = first.get(TENSORS);
        if (declared == null) {
            throw first.missing(TENSORS);
        }
        long count = first.whole(TENSORS, declared, ValueType.I32);
        if (count != names.size()) {
            throw first.wrong(TENSORS, "is " + count + ", but the files have " + names.size() + " tensors");
        }
    }
}
