package dev.corral.engine.local.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.gguf.ModelShape;
import dev.corral.llama.NativeLibrary;
import dev.corral.llama.NativeLog;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Estimates beside what llama.cpp says that it has allocated. */
class MemoryNeedTest {

    private static final double MIB = 1 << 20;

    /** What is estimated for the process itself. */
    private static final long WORKER = 64L << 20;

    /** Models and options that differ in what is kept of a text. */
    enum Kind {
        SMOL(MemoryNeedTest::smol, options -> options),
        SMOL_SHORT(MemoryNeedTest::smol, options -> options.contextSize(512).slots(1)),
        SMOL_FUSED(MemoryNeedTest::smol, options -> options.flashAttention("on").microBatchSize(512)),
        LLAMA(TinyModels::llama, options -> options),
        LLAMA_WIDE(TinyModels::llama, options -> options.keyType("f32").valueType("f32")),
        LLAMA_UNIFIED(TinyModels::llama, options -> options.unifiedCache(true)),
        LLAMA_OF_ODD_SIZE(
                TinyModels::llama, options -> options.contextSize(5000).slots(3)),
        LLAMA_QUANTIZED(TinyModels::llama, options -> options.keyType("q8_0").valueType("q8_0")),
        LLAMA_PLAIN(TinyModels::llama, options -> options.flashAttention("off")),
        LLAMA_FUSED(TinyModels::llama, options -> options.flashAttention("on")),
        LLAMA_SHORT(TinyModels::llama, options -> options.contextSize(2048)),
        LLAMA_LARGE_BATCH(TinyModels::llama, options -> options.microBatchSize(512)),
        WINDOW_WHOLE(TinyModels::slidingWindow, options -> options),
        WINDOW_DROPPED(TinyModels::slidingWindow, options -> options.fullWindowCache(false)),
        WINDOW_DROPPED_SPLIT(
                TinyModels::slidingWindow,
                options -> options.fullWindowCache(false).unifiedCache(false)),
        MULTI_AXIS(TinyModels::multiAxis, options -> options),
        LATENT_ATTENTION(TinyModels::latentAttention, options -> options),
        MAMBA(TinyModels::mamba, options -> options.slots(100)),
        HYBRID(TinyModels::hybrid, options -> options),
        CONVOLUTION(TinyModels::convolution, options -> options);

        private final UnaryOperator<Path> model;
        private final UnaryOperator<LocalEngineOptionsBuilder> change;

        Kind(UnaryOperator<Path> model, UnaryOperator<LocalEngineOptionsBuilder> change) {
            this.model = model;
            this.change = change;
        }

        LocalEngineOptions options(Path folder) {
            return change.apply(LocalEngineOptions.builder(model.apply(folder))
                            .contextSize(16_384)
                            .slots(4)
                            .threads(1)
                            .gpuLayers(0))
                    .build();
        }
    }

    private final List<String> log = new CopyOnWriteArrayList<>();

    @AfterEach
    void reset() {
        NativeLog.reset();
    }

    /** MiB of all buffers of a kind. */
    private double allocated(String kind) {
        Pattern size = Pattern.compile(kind + " buffer size = +([0-9.]+) MiB");
        return log.stream()
                .map(size::matcher)
                .filter(Matcher::find)
                .mapToDouble(found -> Double.parseDouble(found.group(1)))
                .sum();
    }

    private static Path smol(Path folder) {
        return Path.of(System.getProperty("corral.test.model"));
    }

    @ParameterizedTest
    @EnumSource
    void anEstimateIsWhatLlamaCppAllocates(Kind kind, @TempDir Path folder) throws Exception {
        LocalEngineOptions options = kind.options(folder);
        NativeLog.route(NativeLog.Level.INFO, line -> log.add(line.text()));
        try (LocalEngine engine = LocalEngine.open(options, progress -> {})) {
            assertThat(engine.model().slots()).isEqualTo(options.slots());
        }
        NativeLog.flush();
        ModelShape shape = ModelShape.of(CheckedModel.read(options.model()).files());
        MemoryNeed need = MemoryNeed.of(
                shape,
                options,
                options.contextSize(),
                false,
                NativeLibrary.load().attendsOnCpu());
        assertThat(need.cache() / MIB).isCloseTo(allocated("KV") + allocated("RS"), Offset.offset(0.05));
        double computing = allocated("compute") + allocated("output");
        assertThat((need.compute() - WORKER) / MIB).isBetween(computing * 0.85, computing * 1.35 + 0.5);
    }
}
