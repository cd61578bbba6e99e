package dev.corral.engine.local.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.gguf.Gguf;
import dev.corral.gguf.ModelShape;
import dev.corral.gguf.SlidingWindow;
import dev.corral.gguf.TensorType;
import dev.corral.llama.Device;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryFitTest {

    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;

    /** Like a model of 8 billion weights in 4 bits: 32 layers, 8 heads of keys and values of 128, 128 KiB a token. */
    private static final ModelShape EIGHT_BILLION = new ModelShape(
            32,
            4_600 * MIB,
            Collections.nCopies(32, 130 * MIB),
            Collections.nCopies(32, 1024L),
            Collections.nCopies(32, 1024L),
            SlidingWindow.none(32),
            0,
            32,
            4096,
            14_336,
            128_256,
            131_072,
            true);

    @TempDir
    private Path folder;

    private static LocalEngineOptionsBuilder options() {
        return LocalEngineOptions.builder(Path.of("eight.gguf"));
    }

    private static LocalEngineOptions fitted(long host, LocalEngineOptionsBuilder options, Device... devices) {
        return new MemoryFit(EIGHT_BILLION, new FreeMemory(host, List.of(devices)), false).applyTo(options.build());
    }

    private static Device gpu(long free) {
        return new Device("CUDA0", "a GPU", Device.Kind.GPU, free, free);
    }

    @Test
    void aTokensKeysAndValuesAreCounted() {
        assertThat(EIGHT_BILLION.cacheBytes(1, 0, TensorType.F16, TensorType.F16))
                .isEqualTo(128 * 1024);
        assertThat(EIGHT_BILLION.cacheBytes(1, 0, TensorType.Q8_0, TensorType.Q4_0))
                .isEqualTo(32 * (1024 / 32 * 34 + 1024 / 32 * 18));
    }

    @Test
    void whatFitsIsLeftAsItIs() {
        assertThat(fitted(64 * GIB, options())).isEqualTo(options().build());
    }

    @Test
    void theContextShrinksBeforeTheSlotsDo() {
        // weights take 4.5 GiB, 4 slots of 4096 tokens 2 GiB
        LocalEngineOptions options = fitted(6 * GIB, options());
        assertThat(options.slots()).isEqualTo(4);
        assertThat(options.contextSize()).isEqualTo(4 * 2048);
        LocalEngineOptions tight = fitted(4_600 * MIB + 64 * MIB + 80 * MIB + 200 * MIB, options());
        assertThat(tight.slots()).isLessThan(4);
        assertThat(tight.contextSize() / tight.slots()).isGreaterThanOrEqualTo(512);
    }

    @Test
    void slotsThatWereAskedForAreNotTaken() {
        assertThatThrownBy(() -> fitted(4_900 * MIB, options().slots(4)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("in 4 slots");
    }

    @Test
    void aContextThatWasAskedForAndDoesNotFitIsRefusedWithWhatWould() {
        assertThatThrownBy(() -> fitted(6 * GIB, options().contextSize(32_768).slots(2)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                        "needs about 8.8 GiB of memory (weights 4.5 GiB, KV cache 4.0 GiB for 32768 tokens")
                .hasMessageContaining("6.0 GiB are free")
                .hasMessageContaining("--ctx-size 1")
                .hasMessageContaining("--fit off tries it anyway")
                .hasMessageNotContaining("q8_0");
        assertThatThrownBy(() -> fitted(8 * GIB, options().contextSize(32_768).slots(2)))
                .hasMessageContaining("--cache-type-k q8_0 --cache-type-v q8_0");
    }

    @Test
    void whatIsSaidToFitFits() {
        for (long host = 5 * GIB; host < 9 * GIB; host += 300 * MIB) {
            long memory = host;
            try {
                fitted(memory, options().contextSize(40_960).slots(4));
            } catch (IllegalStateException e) {
                String[] words = e.getMessage().split("--ctx-size ");
                if (words.length > 1) {
                    int context = Integer.parseInt(words[1].split("\\D")[0]);
                    assertThat(fitted(memory, options().contextSize(context).slots(4))
                                    .contextSize())
                            .isEqualTo(context);
                    assertThatThrownBy(() -> fitted(
                                    memory,
                                    options().contextSize(context + 1024).slots(4)))
                            .isInstanceOf(IllegalStateException.class);
                }
            }
        }
    }

    /** Three layers of four see 4,096 tokens, and a context of 32,768 is worth the difference. */
    @Test
    void aWindowThatIsDroppedIsCountedAndOffered() {
        SlidingWindow window = new SlidingWindow(
                4096, IntStream.range(0, 32).mapToObj(layer -> layer % 4 < 3).toList());
        ModelShape windowed = EIGHT_BILLION.with(window);
        LocalEngineOptionsBuilder asked = options().contextSize(32_768).slots(1).unifiedCache(false);
        MemoryFit fit = new MemoryFit(windowed, new FreeMemory(7 * GIB, List.of()), false);
        assertThatThrownBy(() -> fit.applyTo(asked.build())).hasMessageContaining("--no-swa-full");
        LocalEngineOptions dropped = asked.fullWindowCache(false).build();
        assertThat(fit.applyTo(dropped)).isEqualTo(dropped);
        assertThat(MemoryNeed.of(windowed, dropped, 32_768).cache())
                .isEqualTo((8 * 32_768L + 24 * (4096 + 256)) * 4096);
    }

    @Test
    void weightsThatDoNotFitAreToldWithTheSizeThatWould() {
        assertThatThrownBy(() -> fitted(3 * GIB, options()))
                .hasMessageContaining("a quantization whose file has at most 2.");
    }

    @Test
    void nothingIsRefusedWhereThatIsNotWanted() {
        LocalEngineOptionsBuilder anyway = options().contextSize(1 << 20).fit(false);
        assertThat(fitted(GIB, anyway)).isEqualTo(anyway.build());
    }

    @Test
    void asManyLayersAsFitGoToTheGpu() {
        assertThat(fitted(64 * GIB, options(), gpu(24 * GIB)).gpuLayers()).isEqualTo(-1);
        int some = fitted(64 * GIB, options(), gpu(4 * GIB)).gpuLayers();
        assertThat(some).isBetween(8, 24);
        int more = fitted(64 * GIB, options(), gpu(2 * GIB), gpu(4 * GIB)).gpuLayers();
        assertThat(more).isGreaterThan(some);
        assertThat(fitted(64 * GIB, options(), gpu(300 * MIB)).gpuLayers()).isZero();
    }

    @Test
    void layersThatWereAskedForAndDoNotFitAreRefused() {
        assertThatThrownBy(() -> fitted(64 * GIB, options().gpuLayers(32), gpu(4 * GIB)))
                .hasMessageContaining("32 layers do not fit into the 4.0 GiB")
                .hasMessageContaining("--gpu-layers ");
    }

    @Test
    void whatIsOnTheGpuIsNotCountedOnTheHost() {
        assertThat(fitted(2 * GIB, options(), gpu(24 * GIB)).contextSize()).isZero();
    }

    @Test
    void filesTellTheirShapes() {
        ModelShape llama = ModelShape.of(List.of(Gguf.read(TinyModels.llama(folder))));
        assertThat(llama.layers()).isEqualTo(2);
        assertThat(llama.cacheBytes(1, 0, TensorType.F32, TensorType.F32)).isEqualTo(2 * 2 * 2 * 32 * 4);
        assertThat(llama.layerBytes()).allMatch(bytes -> bytes > 0);
        assertThat(llama.weightBytes())
                .isGreaterThan(
                        llama.layerBytes().stream().mapToLong(Long::longValue).sum());
        assertThat(llama.stateBytes()).isZero();
        assertThat(llama.causal()).isTrue();

        ModelShape mamba = ModelShape.of(List.of(Gguf.read(TinyModels.mamba(folder))));
        assertThat(mamba.cacheBytes(1, 1, TensorType.F16, TensorType.F16)).isZero();
        assertThat(mamba.stateBytes()).isPositive();

        ModelShape hybrid = ModelShape.of(List.of(Gguf.read(TinyModels.hybrid(folder))));
        assertThat(hybrid.keyWidth().getFirst()).isZero();
        assertThat(hybrid.keyWidth().getLast()).isPositive();

        assertThat(ModelShape.of(List.of(Gguf.read(TinyModels.bert(folder)))).causal())
                .isFalse();
    }

    /** llama.cpp said of this model with 512 tokens of context: 92.10 MiB of weights and 11.25 MiB of keys and values. */
    @Test
    void anEstimateIsWhatLlamaCppTakes() {
        MemoryNeed need = MemoryNeed.of(LocalEngineOptions.builder(Path.of(System.getProperty("corral.test.model")))
                .contextSize(512)
                .slots(1)
                .build());
        assertThat(need.weights() / (double) MIB).isBetween(91.0, 93.0);
        assertThat(need.cache() / (double) MIB).isEqualTo(11.25);
        assertThat(need.compute()).isBetween(32 * MIB, 160 * MIB);
    }
}
