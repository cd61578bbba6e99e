package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.corral.ffi.Native;
import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {

    @Test
    void contextOptionsKeepTheirRanges() {
        refused("contextSize", () -> ContextOptions.builder().contextSize(-1).build());
        refused(
                "contextSize",
                () -> ContextOptions.builder()
                        .contextSize(ContextOptions.MAX_CONTEXT + 1)
                        .build());
        refused("batchSize", () -> ContextOptions.builder().batchSize(0).build());
        refused(
                "microBatchSize",
                () -> ContextOptions.builder().microBatchSize(0).build());
        refused("maxSequences", () -> ContextOptions.builder().maxSequences(0).build());
        refused("maxSequences", () -> ContextOptions.builder().maxSequences(257).build());
        refused(
                "recurrentSnapshots",
                () -> ContextOptions.builder().recurrentSnapshots(-1).build());
        refused("maxOutputs", () -> ContextOptions.builder().maxOutputs(-1).build());
        refused("threads", () -> ContextOptions.builder().threads(0).build());
        refused("batchThreads", () -> ContextOptions.builder().batchThreads(513).build());
        refused("frequencyBase", () -> new Rope(RopeScaling.NONE, Float.NaN, 0, -1, -1, -1, -1, 0));
        refused("yarnOriginalContext", () -> new Rope(RopeScaling.NONE, 0, 0, -1, -1, -1, -1, -1));
    }

    @Test
    void theMostSequencesAreLlamaCpps() {
        NativeLibrary.load();
        assertThat(Native.llama_max_parallel_sequences()).isEqualTo(ContextOptions.MAX_SEQUENCES);
    }

    @Test
    void modelOptionsKeepTheirRanges() {
        refused("gpuLayers", () -> ModelOptions.builder().gpuLayers(-2).build());
        refused("mainGpu", () -> ModelOptions.builder().mainGpu(-2).build());
        refused(
                "tensorSplit",
                () -> ModelOptions.builder().tensorSplit(List.of(1f, -1f)).build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelOptions.builder()
                        .override("", new MetadataValue.Whole(1))
                        .build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ModelOptions.builder()
                        .override("k".repeat(128), new MetadataValue.Whole(1))
                        .build());
        assertThatIllegalArgumentException().isThrownBy(() -> new MetadataValue.Text("x".repeat(128)));
    }

    private static void refused(String name, Runnable call) {
        assertThatIllegalArgumentException().isThrownBy(call::run).withMessageStartingWith(name + " is ");
    }

    @Test
    void mappingAndLockingAreOneLoadMode() {
        assertThat(ModelOptions.DEFAULT.loadMode()).isEqualTo(LoadMode.AUTO);
        assertThat(ModelOptions.builder().mmap(false).build().loadMode()).isEqualTo(LoadMode.READ);
        assertThat(ModelOptions.builder().mmap(true).mlock(true).build().loadMode())
                .isEqualTo(LoadMode.MMAP_MLOCK);
        assertThat(ModelOptions.builder().mlock(true).mmap(false).build().loadMode())
                .isEqualTo(LoadMode.MLOCK);
        assertThat(ModelOptions.builder().mmap(false).mlock(true).build().loadMode())
                .isEqualTo(LoadMode.MLOCK);
        assertThat(ModelOptions.builder().mlock(false).build().loadMode()).isEqualTo(LoadMode.AUTO);
    }

    @Test
    void cacheTypesHaveLlamaCppsNames() {
        assertThat(CacheType.named("q8_0")).isEqualTo(CacheType.Q8_0);
        assertThat(CacheType.named("f16")).isEqualTo(CacheType.F16);
        assertThat(CacheType.named("IQ4_NL")).isEqualTo(CacheType.IQ4_NL);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CacheType.named("q3_k"))
                .withMessageContaining("q3_k");
    }
}
