package dev.corral.engine.local;

import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** Engines on small random models, computed so exactly that batches of another shape choose the same tokens. */
public final class TinyEngines {

    private TinyEngines() {}

    public static LocalEngine open(Path model, UnaryOperator<LocalEngineOptionsBuilder> change) {
        return LocalEngine.open(change.apply(options(model)).build(), progress -> {});
    }

    public static LocalEngineOptionsBuilder options(Path model) {
        return LocalEngineOptions.builder(model)
                .contextSize(2048)
                .slots(4)
                .threads(1)
                .flashAttention("off")
                .keyType("f32")
                .valueType("f32");
    }

    public static Generate greedy(String prompt, int tokens) {
        return Generate.of(Prompt.text(prompt)).with(Sampling.greedySampling()).with(Limits.tokens(tokens));
    }

    /** What a prompt leads to when nothing is reused. */
    public static String alone(Engine engine, Generate request) throws InterruptedException {
        return EngineFixture.run(engine, request.with(Generate.Cache.FRESH)).text();
    }
}
