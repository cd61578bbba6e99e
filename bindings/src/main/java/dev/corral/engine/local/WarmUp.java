package dev.corral.engine.local;

import dev.corral.llama.Batch;
import dev.corral.llama.Context;
import dev.corral.llama.Vocabulary;

/**
 * The first decode of a context, which allocates, and reads the weights. On the engine thread, as every decode: the first
 * thread to compute gets OpenMP's workers, and beside a second set of them both would sleep instead of spin.
 */
final class WarmUp {

    private WarmUp() {}

    /** Computes one token and forgets it. */
    static void run(Context context) {
        Vocabulary vocabulary = context.model().vocabulary();
        try (Batch batch = new Batch(1)) {
            batch.add(vocabulary.bos().orElse(vocabulary.eos().orElse(0)), 0, 0, true);
            if (context.model().hasEncoder()) {
                context.encode(batch);
            } else {
                context.decode(batch);
            }
            context.synchronize();
            context.memory().clear();
        }
    }
}
