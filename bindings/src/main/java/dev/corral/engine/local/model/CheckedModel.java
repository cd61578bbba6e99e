package dev.corral.engine.local.model;

import dev.corral.gguf.Gguf;
import dev.corral.gguf.GgufCheck;
import java.nio.file.Path;
import java.util.List;

/**
 * A model's files, checked before native code sees them, and what adapters are checked against. Thread-safe.
 *
 * @param files none when nothing is checked
 */
public record CheckedModel(List<Gguf> files) {

    /** Set to {@code true}, files go to llama.cpp unchecked: for those who search for faults in it. */
    static final String UNCHECKED = "corral.gguf.unchecked";

    /** @throws dev.corral.gguf.GgufException when llama.cpp can't load the model */
    public static CheckedModel read(Path file) {
        return new CheckedModel(Boolean.getBoolean(UNCHECKED) ? List.of() : GgufCheck.model(file));
    }

    /** Its files, or the one that was not checked. */
    List<Gguf> filesOrHeader(Path file) {
        return files.isEmpty() ? List.of(Gguf.read(file)) : files;
    }

    /** @throws dev.corral.gguf.GgufException when llama.cpp can't load the adapter, or it does not fit the model */
    public void checkAdapter(Path file) {
        if (!files.isEmpty()) {
            GgufCheck.adapter(file, files);
        }
    }

    /** @throws dev.corral.gguf.GgufException when llama.cpp can't load the projector */
    public static void checkProjector(Path file) {
        if (!Boolean.getBoolean(UNCHECKED)) {
            GgufCheck.projector(file);
        }
    }
}
