package dev.corral.engine.local;

import dev.corral.gguf.GgufCheck;
import java.nio.file.Path;

/** Keeps files that would end the process from native code. */
final class CheckedFiles {

    /** Set to {@code true}, files go to llama.cpp unchecked: for those who search for faults in it. */
    static final String UNCHECKED = "corral.gguf.unchecked";

    private CheckedFiles() {}

    /** @throws dev.corral.gguf.GgufException when llama.cpp can't load the model */
    static void model(Path file) {
        if (!Boolean.getBoolean(UNCHECKED)) {
            GgufCheck.model(file);
        }
    }

    /** @throws dev.corral.gguf.GgufException when llama.cpp can't load the projector */
    static void projector(Path file) {
        if (!Boolean.getBoolean(UNCHECKED)) {
            GgufCheck.projector(file);
        }
    }

    /** @throws dev.corral.gguf.GgufException when llama.cpp can't load the adapter, or it does not fit the model */
    static void adapter(Path file, Path model) {
        if (!Boolean.getBoolean(UNCHECKED)) {
            GgufCheck.adapter(file, GgufCheck.model(model));
        }
    }
}
