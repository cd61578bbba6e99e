package dev.corral.engine.local;

import java.nio.file.Files;
import java.nio.file.Path;

/** The real chat model that tests run. */
public final class TestModel {

    private TestModel() {}

    /** Its file. {@code scripts/fetch-model} gets it. */
    public static Path path() {
        Path path = Path.of(System.getProperty(
                "corral.test.model",
                System.getProperty("user.home") + "/.cache/corral/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
        if (!Files.exists(path)) {
            throw new IllegalStateException("the test model is missing: run scripts/fetch-model, or set"
                    + " -Dcorral.test.model; looked for " + path);
        }
        return path;
    }
}
