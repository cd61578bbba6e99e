package dev.corral.llama;

import java.nio.file.Files;
import java.nio.file.Path;

/** SmolLM2-135M-Instruct, the model that most tests run. */
final class SmolModel {

    static final String PROPERTY = "corral.test.model";

    private SmolModel() {}

    static Path path() {
        String named = System.getProperty(PROPERTY);
        Path path = named == null || named.isBlank()
                ? Path.of(System.getProperty("user.home"), ".cache/corral/models/SmolLM2-135M-Instruct.Q4_1.gguf")
                : Path.of(named);
        if (!Files.isRegularFile(path)) {
            throw new AssertionError("the test model is missing: put SmolLM2-135M-Instruct.Q4_1.gguf at " + path
                    + " (scripts/test fetches it), or name another place with -D" + PROPERTY);
        }
        return path;
    }

    static Model open() {
        return Model.open(path());
    }

    /** Small, and with one thread: two are slower than one while other work shares the processors. */
    static ContextOptions.Builder options() {
        return ContextOptions.builder()
                .contextSize(512)
                .batchSize(256)
                .threads(1)
                .flashAttention(FlashAttention.OFF);
    }

    /** For tiny models: the same in F32, where any two ways of batching agree, and without their windows' whole past. */
    static ContextOptions.Builder exact() {
        return options()
                .batchSize(512)
                .keyType(CacheType.F32)
                .valueType(CacheType.F32)
                .swaFull(false);
    }

    /** Decodes tokens of one sequence, the last of which has an output, whose index it returns. */
    static int decode(Context context, Batch batch, int[] tokens, int position, int sequence) {
        batch.clear();
        for (int i = 0; i < tokens.length; i++) {
            batch.add(tokens[i], position + i, sequence, i == tokens.length - 1);
        }
        DecodeResult result = context.decode(batch);
        if (result != DecodeResult.DECODED) {
            throw new AssertionError("decoding ended with " + result);
        }
        return tokens.length - 1;
    }

    static float[] logits(Context context, int output) {
        float[] logits = new float[context.model().vocabulary().size()];
        context.copyLogits(output, logits);
        return logits;
    }

    static int likeliest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}
