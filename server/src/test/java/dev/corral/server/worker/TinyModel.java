package dev.corral.server.worker;

import dev.corral.engine.Generate;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import java.nio.file.Path;

/** Engines on a random model of 1 MB, and requests to them. */
final class TinyModel {

    private TinyModel() {}

    static LocalEngineOptionsBuilder options(Path model) {
        return LocalEngineOptions.builder(model)
                .contextSize(2048)
                .slots(4)
                .threads(1)
                .flashAttention("off")
                .keyType("f32")
                .valueType("f32");
    }

    static Generate greedy(String prompt, int tokens) {
        return Generate.of(Prompt.text(prompt)).with(Sampling.greedySampling()).with(Limits.tokens(tokens));
    }

    /** Never ends by itself: a full context forgets its middle. */
    static Generate endless(String prompt) {
        return Generate.of(Prompt.text(prompt))
                .with(Sampling.builder().temperature(0).ignoreEos(true).build())
                .with(Limits.tokens(Limits.UNLIMITED).shiftingContext(new Limits.ContextShift(0, 0)));
    }
}
