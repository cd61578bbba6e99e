package dev.corral.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.corral.llama.Adapter;
import dev.corral.llama.Context;
import dev.corral.llama.Model;
import dev.corral.llama.Pooling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What tests may rely on in the tiny models: they load, they say different things, and each has the memory it is for. */
class TinyModelsTest {
    private static final String PROMPT = "Once upon a time there was a reef";

    @TempDir
    Path folder;

    /** Models that generate, and how their memory is. */
    enum Decoder {
        LLAMA("llama", true, true, 0) {
            @Override
            Path write(Path folder, Recipe recipe) {
                return TinyModels.llama(folder, recipe);
            }
        },
        SLIDING_WINDOW("cohere2", true, false, TinyModels.WINDOW) {
            @Override
            Path write(Path folder, Recipe recipe) {
                return TinyModels.slidingWindow(folder, recipe);
            }
        },
        MULTI_AXIS("qwen2vl", true, false, 0) {
            @Override
            Path write(Path folder, Recipe recipe) {
                return TinyModels.multiAxis(folder, recipe);
            }
        },
        LATENT_ATTENTION("deepseek2", true, true, 0) {
            @Override
            Path write(Path folder, Recipe recipe) {
                return TinyModels.latentAttention(folder, recipe);
            }
        },
        MAMBA("mamba", false, true, 0) {
            @Override
            Path write(Path folder, Recipe recipe) {
                return TinyModels.mamba(folder, recipe);
            }
        },
        HYBRID("jamba", false, true, 0) {
            @Override
            Path write(Path folder, Recipe recipe) {
                return TinyModels.hybrid(folder, recipe);
            }
        },
        CONVOLUTION("lfm2", false, true, 0) {
            @Override
            Path write(Path folder, Recipe recipe) {
                return TinyModels.convolution(folder, recipe);
            }
        };

        private final String architecture;
        private final boolean cuts;
        private final boolean shifts;
        private final int window;

        Decoder(String architecture, boolean cuts, boolean shifts, int window) {
            this.architecture = architecture;
            this.cuts = cuts;
            this.shifts = shifts;
            this.window = window;
        }

        abstract Path write(Path folder, Recipe recipe);
    }

    @ParameterizedTest
    @EnumSource
    void loadsAndSaysWhatItIs(Decoder decoder) throws IOException {
        Path file = decoder.write(folder, Recipe.named("small").withContextLength(384));

        assertThat(Files.size(file)).isLessThan(1_000_000);
        try (Model model = Model.open(file)) {
            assertThat(model.metadata())
                    .containsEntry("general.architecture", decoder.architecture)
                    .containsEntry("general.name", "small");
            assertThat(model.trainedContext()).isEqualTo(384);
            assertThat(model.layers()).isEqualTo(2);
            assertThat(model.embeddingSize()).isEqualTo(64);
            assertThat(model.vocabulary().size()).isEqualTo(512);
            assertThat(model.hasEncoder()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysDifferentThingsToDifferentPrompts(Decoder decoder) {
        Recipe recipe = Recipe.named("first");
        try (Greedy first = new Greedy(decoder.write(folder, recipe));
                Greedy second = new Greedy(
                        decoder.write(folder, recipe.withName("second").withSeed(2)))) {
            int[] text = first.text(PROMPT, 60);

            assertThat(Arrays.stream(text).distinct().count()).isGreaterThan(25);
            assertThat(first.text(PROMPT, 60)).isEqualTo(text);
            assertThat(first.text("Twice " + PROMPT, 60)).isNotEqualTo(text);
            assertThat(second.text(PROMPT, 60)).isNotEqualTo(text);
            assertThat(Arrays.stream(text)).noneMatch(first.vocabulary()::isControl);
        }
    }

    @ParameterizedTest
    @EnumSource
    void logitsAreFiniteAndSpreadOut(Decoder decoder) {
        try (Greedy greedy = new Greedy(decoder.write(folder, Recipe.named("spread")))) {
            float[] logits = greedy.logits(greedy.tokens(PROMPT));
            double mean = IntStream.range(0, logits.length)
                    .mapToDouble(i -> logits[i])
                    .average()
                    .orElseThrow();
            double variance = IntStream.range(0, logits.length)
                    .mapToDouble(i -> (logits[i] - mean) * (logits[i] - mean))
                    .average()
                    .orElseThrow();

            assertThat(variance).isFinite().isBetween(1.0, 20.0);
            assertThat(IntStream.range(0, logits.length)
                            .mapToObj(i -> logits[i])
                            .distinct())
                    .hasSameSizeAs(logits);
        }
    }

    @ParameterizedTest
    @EnumSource
    void hasTheMemoryThatItIsFor(Decoder decoder) {
        try (Greedy greedy = new Greedy(decoder.write(folder, Recipe.named("memory")))) {
            Model model = greedy.model();
            Context context = greedy.context();
            greedy.logits(IntStream.range(0, 400).map(i -> 275 + i * 37 % 200).toArray());

            assertThat(model.isRecurrent()).isEqualTo(decoder == Decoder.MAMBA);
            assertThat(model.isHybrid()).isEqualTo(decoder == Decoder.HYBRID || decoder == Decoder.CONVOLUTION);
            assertThat(model.slidingWindow()).isEqualTo(decoder.window);
            assertThat(context.memory().canShift()).isEqualTo(decoder.shifts);
            assertThat(context.memory().maxPosition(0)).isEqualTo(399);
            assertThat(context.memory().minPosition(0) > 0).isEqualTo(!decoder.cuts || decoder.window > 0);
            assertThat(context.memory().remove(0, 390, -1)).isEqualTo(decoder.cuts);
            assertThat(context.memory().maxPosition(0)).isEqualTo(decoder.cuts ? 389 : 399);
            assertThat(context.memory().remove(0, -1, -1)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysTheSameTokenByTokenAsAtOnce(Decoder decoder) {
        try (Greedy greedy = new Greedy(decoder.write(folder, Recipe.named("batches")))) {
            int[] tokens = greedy.tokens(PROMPT.repeat(8));
            float[] atOnce = greedy.logits(tokens);
            float[] oneByOne = greedy.logitsOneByOne(tokens);

            for (int i = 0; i < atOnce.length; i++) {
                assertThat(oneByOne[i]).isCloseTo(atOnce[i], within(1e-3f));
            }
        }
    }

    @Test
    void snapshotsTakeAConvolutionBack() {
        Path file = TinyModels.convolution(folder);
        try (Greedy rewinding =
                new Greedy(file, Greedy.options().recurrentSnapshots(4).build())) {
            int[] tokens = rewinding.tokens(PROMPT);
            int kept = tokens.length - 4;
            float[] expected = rewinding.logits(tokens);

            assertThat(rewinding.context().memory().remove(0, kept, -1)).isTrue();
            assertThat(rewinding.more(kept, Arrays.copyOfRange(tokens, kept, tokens.length)))
                    .usingComparatorWithPrecision(1e-3f)
                    .containsExactly(expected);
            assertThat(rewinding.context().memory().remove(0, kept - 1, -1)).isFalse();
        }
    }

    @Test
    void theSameRecipeGivesTheSameBytes() throws IOException {
        byte[] first = Files.readAllBytes(TinyModels.llama(folder));
        byte[] second = Files.readAllBytes(TinyModels.llama(folder));

        assertThat(second).isEqualTo(first);
    }

    @ParameterizedTest
    @EnumSource
    void matricesMayBeStoredInAnyType(TensorType type) {
        Path file = TinyModels.llama(folder, Recipe.named("stored").withMatrices(type));
        try (Greedy greedy = new Greedy(file)) {
            assertThat(greedy.model().fileType()).containsIgnoringCase(type.name());
            assertThat(Arrays.stream(greedy.text(PROMPT, 60)).distinct().count())
                    .isGreaterThan(25);
        }
    }

    @Test
    void aTiedOutputDoesNotEchoItsInput() {
        Path file = TinyModels.llama(folder, Recipe.named("tied").withTiedOutput());
        try (Greedy greedy = new Greedy(file)) {
            int[] text = greedy.text(PROMPT, 60);

            assertThat(IntStream.range(1, text.length)
                            .filter(i -> text[i] == text[i - 1])
                            .count())
                    .isLessThan(20);
        }
    }

    @Test
    void loudBytesAreSaidToo() {
        Path file = TinyModels.llama(folder, Recipe.named("loud").withLoudBytes());
        try (Greedy greedy = new Greedy(file)) {
            assertThat(Arrays.stream(greedy.text(PROMPT, 60))).anyMatch(token -> token >= 3 && token < 259);
        }
    }

    @Test
    void anAdapterChangesWhatIsSaid() {
        try (Greedy greedy = new Greedy(TinyModels.llama(folder));
                Adapter adapter = greedy.model().loadAdapter(TinyModels.lora(folder))) {
            int[] plain = greedy.text(PROMPT, 20);
            greedy.context().setAdapters(List.of(adapter), new float[] {1});
            int[] adapted = greedy.text(PROMPT, 20);
            greedy.context().setAdapters(List.of(), new float[0]);

            assertThat(adapted).isNotEqualTo(plain);
            assertThat(greedy.text(PROMPT, 20)).isEqualTo(plain);
        }
    }

    @Test
    void aDraftAgreesMostOfTheTime() {
        try (Greedy target = new Greedy(TinyModels.llama(folder));
                Greedy draft = new Greedy(TinyModels.draft(folder))) {
            int[] prompt = target.tokens(PROMPT);
            int[] said = target.text(PROMPT, 200);
            int[] all =
                    IntStream.concat(Arrays.stream(prompt), Arrays.stream(said)).toArray();
            int[] proposed = draft.likeliestAfter(all);
            long agreed = IntStream.range(0, said.length)
                    .filter(i -> said[i] == proposed[prompt.length - 1 + i])
                    .count();

            assertThat(agreed).isBetween(100L, 190L);
        }
    }

    @Test
    void bertEmbedsWholeTexts() {
        try (Greedy bert = Greedy.encoder(TinyModels.bert(folder))) {
            float[] first = bert.embedding(PROMPT, 64);

            assertThat(bert.model().poolingType()).isEqualTo(Pooling.MEAN);
            assertThat(bert.context().memory().exists()).isFalse();
            assertThat(norm(first)).isFinite().isGreaterThan(0.1);
            assertThat(bert.embedding("The king has three sons", 64)).isNotEqualTo(first);
            assertThat(bert.embedding(PROMPT, 64)).isEqualTo(first);
        }
    }

    @Test
    void aRerankerScores() {
        try (Greedy reranker = Greedy.encoder(TinyModels.reranker(folder))) {
            float stone = reranker.embedding("a reef is a wall of stone", 1)[0];
            float king = reranker.embedding("a reef is the king and his garden", 1)[0];

            assertThat(reranker.model().poolingType()).isEqualTo(Pooling.RANK);
            assertThat(Math.abs(stone - king)).isFinite().isGreaterThan(0.01f);
        }
    }

    private static double norm(float[] vector) {
        return Math.sqrt(IntStream.range(0, vector.length)
                .mapToDouble(i -> vector[i] * vector[i])
                .sum());
    }
}
