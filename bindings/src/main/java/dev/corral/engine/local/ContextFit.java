package dev.corral.engine.local;

import com.sun.management.OperatingSystemMXBean;
import dev.corral.llama.Model;
import java.lang.management.ManagementFactory;

/** How much context a model gets when nobody said. */
final class ContextFit {

    /** Tokens for each slot, at most, unless asked for more. */
    private static final int ENOUGH = 4096;

    private static final int LEAST = 512;

    private ContextFit() {}

    /** Tokens of all slots together: what the model was trained for, as far as a quarter of the machine's memory holds it. */
    static int size(LocalEngineOptions options, Model model) {
        long memory =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        long fitting = memory / 4 / Math.max(1, bytesPerToken(model)) / options.slots();
        int wanted = Math.min(model.trainedContext(), ENOUGH);
        return (int) Math.clamp(fitting, Math.min(LEAST, wanted), wanted) * options.slots();
    }

    /** Keys and values of one token in 16 bits. */
    private static long bytesPerToken(Model model) {
        long headSize = model.embeddingSize() / Math.max(1, model.heads());
        return 2L * 2 * model.layers() * model.keyValueHeads() * headSize;
    }
}
