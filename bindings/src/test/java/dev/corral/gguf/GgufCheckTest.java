package dev.corral.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.local.TestModel;
import dev.corral.testing.GgufFile;
import dev.corral.testing.GgufValue;
import dev.corral.testing.Recipe;
import dev.corral.testing.TensorType;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyVocabulary;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GgufCheckTest {

    @TempDir
    Path folder;

    @Test
    void realModelsPass() {
        assertThat(GgufCheck.model(TestModel.path())).hasSize(1);
        for (Path model : List.of(
                TinyModels.llama(folder),
                TinyModels.llama(folder, Recipe.named("half").withMatrices(TensorType.F16)),
                TinyModels.llama(folder, Recipe.named("q8").withMatrices(TensorType.Q8_0)),
                TinyModels.llama(folder, Recipe.named("pairs").withVocabulary(TinyVocabulary.bytePair("llama-bpe"))),
                TinyModels.draft(folder),
                TinyExperts.write(folder),
                TinyModels.slidingWindow(folder),
                TinyModels.multiAxis(folder),
                TinyModels.latentAttention(folder),
                TinyModels.mamba(folder),
                TinyModels.hybrid(folder),
                TinyModels.convolution(folder),
                TinyModels.bert(folder),
                TinyModels.reranker(folder))) {
            assertThat(GgufCheck.model(model)).hasSize(1);
        }
    }

    @Test
    void whatIsNotAModelIsNamed() {
        assertRefused(TinyModels.lora(folder)).hasMessageContaining("this is a LoRA adapter");
        assertRefused(projector()).hasMessageContaining("this is a multimodal projector");
        assertRefused(new GgufFile()).hasMessageContaining("lacks the metadata general.architecture");
    }

    static Stream<Arguments> sizes() {
        return Stream.of(
                Arguments.of("llama.block_count", GgufValue.u32(0), "must be 1 to 512"),
                Arguments.of("llama.block_count", GgufValue.u32(513), "must be 1 to 512"),
                Arguments.of("llama.block_count", GgufValue.i32(2), "must be of type u32"),
                Arguments.of("llama.nextn_predict_layers", GgufValue.u32(3), "there are 2 layers"),
                Arguments.of("llama.context_length", GgufValue.u32(0), "must be 1 to"),
                Arguments.of("llama.embedding_length", GgufValue.u32(0), "must be 1 to"),
                Arguments.of("llama.expert_count", GgufValue.u32(1025), "must be 0 to 1024"),
                Arguments.of("llama.expert_count", GgufValue.u32(4), "no layer uses an expert"),
                Arguments.of("llama.expert_used_count", GgufValue.u32(1), "there are 0 experts"),
                Arguments.of("llama.expert_group_count", GgufValue.u32(1), "less than the 0 experts"),
                Arguments.of("llama.expert_gating_func", GgufValue.u32(5), "must be 0 to 4"),
                Arguments.of("llama.attention.head_count", GgufValue.u32(0), "must be at least 1"),
                Arguments.of("llama.attention.head_count", GgufValue.i32s(4), "has 1 numbers for 2 layers"),
                Arguments.of("llama.attention.head_count_kv", GgufValue.u32(0), "must be at least 1"),
                Arguments.of("llama.attention.head_count_kv", GgufValue.u32(3), "must divide the 4"),
                Arguments.of("llama.attention.head_count_kv", GgufValue.u32s(2, 3), "is 3 in layer 1"),
                Arguments.of("llama.attention.value_length", GgufValue.u32(16), "must be equal"),
                Arguments.of("llama.rope.dimension_count", GgufValue.u32(64), "must be even and 32"),
                Arguments.of("llama.rope.dimension_count", GgufValue.u32(31), "must be even and 32"),
                Arguments.of("llama.rope.scaling.type", GgufValue.string("magic"), "must be none, linear"),
                Arguments.of("llama.attention.layer_norm_rms_epsilon", GgufValue.f32(-1), "must be 0 or more"),
                Arguments.of("llama.attention.layer_norm_rms_epsilon", GgufValue.f32(Float.NaN), "must be 0 or more"),
                Arguments.of("llama.pooling_type", GgufValue.u32(5), "must be 0 to 4"));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void sizesThatLlamaCppAssertsAreChecked(String key, GgufValue value, String why) {
        assertRefused(llama().put(key, value))
                .hasMessageStartingWith("changed.gguf: metadata ")
                .hasMessageContaining(why);
    }

    @Test
    void groupsOfExpertsMustFit() {
        GgufFile experts = llama().put("llama.expert_count", 8).put("llama.expert_used_count", 2);
        assertRefused(experts.put("llama.expert_group_count", 3)).hasMessageContaining("must divide the 8");
        assertRefused(experts.put("llama.expert_group_count", 4)).hasMessageContaining("expert_group_used_count");
        assertRefused(experts.put("llama.expert_group_used_count", 4)).hasMessageContaining("must be 1 to 3");
        assertRefused(experts.put("llama.expert_used_count", 9)).hasMessageContaining("there are 8 experts");
    }

    static Stream<Arguments> tokenizers() {
        int size = TinyVocabulary.sentencePiece().size();
        return Stream.of(
                Arguments.of("model", GgufValue.string("none"), "without a vocabulary"),
                Arguments.of("model", GgufValue.string("gpt2"), "lacks the metadata tokenizer.ggml.merges"),
                Arguments.of("tokens", GgufValue.i32s(1, 2), "is an array of i32, but must be one of string"),
                Arguments.of("tokens", GgufValue.u32(3), "must be of type array"),
                Arguments.of("tokens", GgufValue.strings(List.of("a", "b", "a")), "has token 2, \"a\", twice"),
                Arguments.of("tokens", GgufValue.strings(List.of("a", "a\0b")), "has token 1, \"a\", twice"),
                Arguments.of(
                        "tokens", GgufValue.raw(9, new byte[] {8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), "has no tokens"),
                Arguments.of("model", GgufValue.string("rwkv"), "but must have that byte alone too"),
                Arguments.of("scores", GgufValue.f32s(1, 2), "has 2 values for " + size + " tokens"),
                Arguments.of("scores", GgufValue.strings(List.of("a")), "is an array of string"),
                Arguments.of("token_type", GgufValue.i32s(1, 2, 3), "has 3 values for " + size + " tokens"),
                Arguments.of("token_type", GgufValue.u32s(1, 2, 3), "is an array of u32, but must be one of i32"));
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void theTokenizerIsChecked(String name, GgufValue value, String why) {
        assertRefused(llama().put("tokenizer.ggml." + name, value)).hasMessageContaining(why);
    }

    @Test
    void theEmbeddingHasARowForEachToken() {
        assertRefused(llama().put("tokenizer.ggml.tokens", GgufValue.strings(List.of("a", "b", "c"))))
                .hasMessageContaining("tensor token_embd.weight")
                .hasMessageContaining("rows for a vocabulary of 3 tokens");
    }

    @Test
    void aTokenThatTextsBeginWithMustExist() {
        assertRefused(llama().put("tokenizer.ggml.tokens", GgufValue.strings(List.of("a")))
                        .remove("tokenizer.ggml.bos_token_id"))
                .hasMessageContaining("tokenizer.ggml.bos_token_id");
        // one out of range is not used; the tokenizer's own is
        assertThat(GgufCheck.model(
                        llama().put("tokenizer.ggml.bos_token_id", 1 << 20).write(folder.resolve("far.gguf"))))
                .hasSize(1);
    }

    @Test
    void tensorsNeedTypesThatCanBeComputedWith() {
        assertRefused(llama().rawTensor("blk.0.attn_q_norm.weight", 1, new byte[64], OptionalLong.empty(), 32))
                .hasMessageContaining("is of type F16, but must be F32");
        assertRefused(llama().rawTensor("blk.0.attn_q.bias", 1, new byte[64], OptionalLong.empty(), 32))
                .hasMessageContaining("is of type F16, but must be F32");
        assertRefused(llama().rawTensor("blk.7.ffn_up.weight", 26, new byte[128], OptionalLong.empty(), 32))
                .hasMessageContaining("is of type I32, which llama.cpp can't multiply with");
    }

    @Test
    void dataMustBeAlignedAsMemoryIs() {
        GgufFile file = llama().alignment(8);
        for (int i = 0; file.dataOffset() % 32 == 0; i++) {
            file.put("filler." + i, i);
        }
        assertRefused(file).hasMessageContaining("needs a multiple of 32");
    }

    @Test
    void splitModelsNeedAllTheirFiles() {
        Path first = part(0, 2, 2).write(folder.resolve("split-00001-of-00002.gguf"));
        assertRefused(first).hasMessage("split-00002-of-00002.gguf does not exist");
        Path second = folder.resolve("split-00002-of-00002.gguf");
        part(1, 2, 2).write(second);
        assertThat(SplitFiles.of(Gguf.read(first))).hasSize(2);
        assertRefused(second).hasMessageContaining("a split model is opened by its first file");
        part(0, 2, 2).write(second);
        assertRefused(first).hasMessageContaining("split.no at byte").hasMessageContaining("is 0, but must be 1");
        part(1, 2, 2).put("split.no", 1).write(second);
        assertRefused(first).hasMessageContaining("must be of type u16");
        part(1, 2, 2).rawTensor("t0", 0, new byte[4], OptionalLong.empty(), 1).write(second);
        assertRefused(first).hasMessageContaining("tensor t0").hasMessageContaining("is in an earlier file too");
        part(1, 2, 2).rawTensor("t7", 0, new byte[4], OptionalLong.empty(), 1).write(second);
        assertRefused(first).hasMessageContaining("split.tensors.count at byte").hasMessageContaining("have 3 tensors");
        assertRefused(part(0, 2, 2).write(folder.resolve("other.gguf")))
                .hasMessageContaining("its name must end with -00001-of-00002.gguf");
    }

    private static GgufFile part(int number, int count, int tensors) {
        return new GgufFile()
                .put("general.architecture", "llama")
                .put("split.no", GgufValue.u16(number))
                .put("split.count", GgufValue.u16(count))
                .put("split.tensors.count", GgufValue.i32(tensors))
                .rawTensor("t" + number, 0, new byte[4], OptionalLong.empty(), 1);
    }

    @Test
    void adaptersMustFitTheirModel() {
        List<Gguf> model = GgufCheck.model(TinyModels.llama(folder));
        assertThat(GgufCheck.adapter(TinyModels.lora(folder), model).tensors()).hasSize(12);
        assertAdapterRefused(adapter().put("general.type", "model"), model).hasMessageContaining("must be \"adapter\"");
        assertAdapterRefused(adapter().put("adapter.type", "other"), model).hasMessageContaining("must be \"lora\"");
        assertAdapterRefused(adapter().put("general.architecture", "qwen2"), model)
                .hasMessageContaining("is \"qwen2\", but must be \"llama\"");
        assertAdapterRefused(adapter().put("adapter.lora.alpha", 4), model).hasMessageContaining("must be of type f32");
        assertAdapterRefused(adapter().put("adapter.type", 4), model).hasMessageContaining("must be of type string");
        String q = "blk.0.attn_q.weight";
        assertAdapterRefused(half(adapter(), q + ".lora_a", 64, 4), model).hasMessageContaining("lacks its other half");
        assertAdapterRefused(half(half(adapter(), q + ".lora_a", 64, 4), q + ".lora_b", 3, 128), model)
                .hasMessageContaining("has rank 3, but");
        assertAdapterRefused(half(half(adapter(), q + ".lora_a", 63, 4), q + ".lora_b", 4, 128), model)
                .hasMessageContaining("does not fit the [64, 128]");
        assertAdapterRefused(half(half(adapter(), "other.lora_a", 64, 4), "other.lora_b", 4, 128), model)
                .hasMessageContaining("a matrix that the model does not have");
        assertAdapterRefused(half(adapter(), q, 64, 4), model).hasMessageContaining("is neither");
    }

    private static GgufFile adapter() {
        return new GgufFile()
                .put("general.type", "adapter")
                .put("general.architecture", "llama")
                .put("adapter.type", "lora")
                .put("adapter.lora.alpha", 4f);
    }

    private static GgufFile half(GgufFile adapter, String name, int in, int out) {
        return adapter.tensor(name, TensorType.F32, new float[in * out], in, out);
    }

    @Test
    void projectorsAreChecked() {
        Path path = folder.resolve("projector.gguf");
        assertThat(GgufCheck.projector(projector().write(path)).architecture()).contains("clip");
        assertProjectorRefused(projector().put("clip.has_vision_encoder", false), "has neither an encoder");
        assertProjectorRefused(projector().put("clip.has_vision_encoder", 1), "must be of type bool");
        assertProjectorRefused(
                projector().remove("clip.projector_type"), "lacks the metadata clip.vision.projector_type");
        assertProjectorRefused(projector().put("clip.vision.patch_size", 0), "must be 1 to");
        assertProjectorRefused(projector().put("clip.vision.image_size", 9000), "must be 0 to 8192");
        assertProjectorRefused(projector().put("clip.vision.attention.head_count_kv", 3), "must divide the 2");
        assertProjectorRefused(projector().put("clip.vision.block_count", GgufValue.u64(2)), "must be of type u32");
        assertProjectorRefused(
                projector().put("clip.vision.image_mean", GgufValue.i32s(1, 1, 1)), "but must be one of f32");
        assertProjectorRefused(llama(), "but a projector's is \"clip\"");
    }

    private void assertProjectorRefused(GgufFile file, String why) {
        Path path = file.write(folder.resolve("projector.gguf"));
        assertThatThrownBy(() -> GgufCheck.projector(path))
                .isInstanceOf(GgufException.class)
                .hasMessageContaining(why);
    }

    private static GgufFile projector() {
        return new GgufFile()
                .put("general.architecture", "clip")
                .put("clip.has_vision_encoder", true)
                .put("clip.projector_type", "mlp")
                .put("clip.vision.embedding_length", 64)
                .put("clip.vision.feed_forward_length", 64)
                .put("clip.vision.block_count", 2)
                .put("clip.vision.projection_dim", 64)
                .put("clip.vision.attention.head_count", 2)
                .put("clip.vision.attention.layer_norm_epsilon", 1e-5f)
                .put("clip.vision.image_size", 64)
                .put("clip.vision.patch_size", 16)
                .put("clip.vision.image_mean", GgufValue.f32s(0, 0, 0))
                .put("clip.vision.image_std", GgufValue.f32s(1, 1, 1));
    }

    private static GgufFile llama() {
        return TinyModels.llamaFile(Recipe.named("tiny-llama"));
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(GgufFile file) {
        return assertRefused(file.write(folder.resolve("changed.gguf")));
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(Path file) {
        return assertThatThrownBy(() -> GgufCheck.model(file)).isInstanceOf(GgufException.class);
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertAdapterRefused(GgufFile file, List<Gguf> model) {
        Path path = file.write(folder.resolve("adapter.gguf"));
        return assertThatThrownBy(() -> GgufCheck.adapter(path, model)).isInstanceOf(GgufException.class);
    }
}
