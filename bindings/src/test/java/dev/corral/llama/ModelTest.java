package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.llama.LlamaException.Code;
import dev.corral.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(QuietNativeLog.class)
class ModelTest {

    @TempDir
    Path folder;

    @Test
    void saysWhatItIs() {
        try (Model model = SmolModel.open()) {
            assertThat(model.description()).startsWith("llama");
            assertThat(model.fileType()).isEqualTo("Q4_1");
            assertThat(model.parameterCount()).isEqualTo(134_515_008L);
            assertThat(model.sizeBytes()).isBetween(90_000_000L, 100_000_000L);
            assertThat(model.trainedContext()).isEqualTo(8192);
            assertThat(model.embeddingSize()).isEqualTo(576);
            assertThat(model.outputEmbeddingSize()).isEqualTo(576);
            assertThat(model.layers()).isEqualTo(30);
            assertThat(model.heads()).isEqualTo(9);
            assertThat(model.keyValueHeads()).isEqualTo(3);
            assertThat(model.slidingWindow()).isZero();
            assertThat(model.hasDecoder()).isTrue();
            assertThat(model.hasEncoder()).isFalse();
            assertThat(model.isRecurrent()).isFalse();
            assertThat(model.isHybrid()).isFalse();
            assertThat(model.isDiffusion()).isFalse();
            assertThat(model.decoderStartToken()).isEmpty();
            assertThat(model.ropeType()).isEqualTo(RopeType.NORM);
            assertThat(model.poolingType()).isEqualTo(Pooling.UNSPECIFIED);
            assertThat(model.metadata())
                    .containsEntry("general.architecture", "llama")
                    .containsEntry("llama.block_count", "30");
            assertThat(model.metadata().get("tokenizer.chat_template")).contains("<|im_start|>");
        }
    }

    @Test
    void loadingReportsProgressUpToOne() {
        List<Double> fractions = new ArrayList<>();
        Model.open(SmolModel.path(), ModelOptions.DEFAULT, fractions::add).close();

        assertThat(fractions).isSorted().allMatch(fraction -> fraction >= 0 && fraction <= 1);
        assertThat(fractions.getLast()).isEqualTo(1.0);
    }

    @Test
    void loadingCanBeCancelled() {
        assertThatThrownBy(() -> Model.open(SmolModel.path(), ModelOptions.DEFAULT, fraction -> false))
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(Code.CANCELLED));
    }

    @Test
    void aProgressCallbackThatFailsEndsLoading() {
        IllegalStateException failure = new IllegalStateException("on purpose");
        assertThatThrownBy(() -> Model.open(SmolModel.path(), ModelOptions.DEFAULT, fraction -> {
                    throw failure;
                }))
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(Code.CANCELLED))
                .hasCause(failure);
    }

    @Test
    void aFileThatIsNoModelIsRefusedWithTheReason() throws IOException {
        Path garbage = Files.writeString(folder.resolve("garbage.gguf"), "this is no model");

        assertThatThrownBy(() -> Model.open(garbage))
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(Code.FAILED))
                .hasMessageContaining(garbage.toString())
                .hasMessageContaining("magic");
        assertThatThrownBy(() -> Model.open(folder.resolve("absent.gguf")))
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID_ARGUMENT))
                .hasMessageContaining("absent.gguf");
    }

    @Test
    void metadataCanBeReplacedWhileLoading() {
        ModelOptions options = ModelOptions.builder()
                .override("tokenizer.ggml.add_bos_token", new MetadataValue.Flag(true))
                .override("llama.context_length", new MetadataValue.Whole(777))
                .override("llama.rope.freq_base", new MetadataValue.Real(12345))
                .override("general.name", new MetadataValue.Text("another name"))
                .build();
        try (Model model = Model.open(SmolModel.path(), options)) {
            assertThat(model.trainedContext()).isEqualTo(777);
            assertThat(model.vocabulary().addsBos()).isTrue();
        }
    }

    @Test
    void theVocabularyAloneTokenizesAndHasNoContext() {
        try (Model model = Model.open(
                SmolModel.path(), ModelOptions.builder().vocabularyOnly(true).build())) {
            assertThat(model.vocabulary().tokenize("Hello", false, false)).isNotEmpty();
            assertThatIllegalStateException().isThrownBy(() -> model.newContext(ContextOptions.DEFAULT));
        }
    }

    @Test
    void closesTwiceAndRefusesUseAfterwards() {
        Model model = SmolModel.open();
        Vocabulary vocabulary = model.vocabulary();
        vocabulary.piece(100, true);
        model.close();
        model.close();

        assertThat(model.isClosed()).isTrue();
        assertThatIllegalStateException().isThrownBy(model::description).withMessageContaining("model is closed");
        assertThatIllegalStateException().isThrownBy(model::vocabulary);
        assertThatIllegalStateException().isThrownBy(() -> model.newContext(ContextOptions.DEFAULT));
        assertThatIllegalStateException().isThrownBy(model::chatTemplate);
        assertThatIllegalStateException().isThrownBy(() -> vocabulary.tokenize("x", false, false));
        assertThatIllegalStateException().isThrownBy(() -> vocabulary.piece(101, true));
        assertThatIllegalStateException()
                .isThrownBy(() -> SamplerChain.builder(vocabulary).greedy().build());
        assertThatIllegalStateException().isThrownBy(() -> Grammar.create(vocabulary, "root ::= \"a\""));
    }

    @Test
    void closesWhatWasMadeFromItFirst() {
        Model model = SmolModel.open();
        Context context = model.newContext(SmolModel.options().build());
        ChatTemplate template = model.chatTemplate();
        SamplerChain chain = SamplerChain.builder(model.vocabulary()).greedy().build();
        SamplerChain copy = chain.copy();
        Grammar grammar = Grammar.create(model.vocabulary(), "root ::= \"a\"");
        grammar.close();
        model.close();

        assertThat(List.of(context, template, chain, copy, grammar)).allMatch(NativeHandle::isClosed);
        assertThatIllegalStateException().isThrownBy(context::contextSize).withMessageContaining("context is closed");
        assertThatIllegalStateException().isThrownBy(() -> context.memory().clear());
        assertThatIllegalStateException().isThrownBy(template::describe);
        assertThatIllegalStateException().isThrownBy(() -> chain.accept(1));
        chain.close();
        context.close();
    }

    @Test
    void isNotClosedUnderAnotherThreadsContext() throws Exception {
        CompletableFuture<Context> made = new CompletableFuture<>();
        CountDownLatch mayClose = new CountDownLatch(1);
        Model model = SmolModel.open();
        Thread owner = Thread.ofPlatform().start(() -> {
            try (Context context = model.newContext(SmolModel.options().build())) {
                made.complete(context);
                mayClose.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Context context = made.get();

        assertThatIllegalStateException().isThrownBy(context::contextSize).withMessageContaining("belongs to");
        assertThatIllegalStateException().isThrownBy(context::close);
        assertThatIllegalStateException().isThrownBy(model::close);
        assertThat(model.isClosed()).isFalse();

        mayClose.countDown();
        owner.join();
        assertThat(context.isClosed()).isTrue();
        model.close();
    }

    @Test
    void aContextOfAThreadThatEndedIsClosedWithIt() throws Exception {
        Model model = SmolModel.open();
        List<Context> made = new ArrayList<>();
        Thread owner = Thread.ofPlatform()
                .start(() -> made.add(model.newContext(SmolModel.options().build())));
        owner.join();
        model.close();

        assertThat(made.getFirst().isClosed()).isTrue();
    }

    @Test
    void closingWaitsForCallsOfOtherThreads() throws Exception {
        for (int round = 0; round < 20; round++) {
            Model model = Model.open(TinyModels.llama(folder));
            Vocabulary vocabulary = model.vocabulary();
            String text = "a text to be cut into pieces ".repeat(500);
            CountDownLatch started = new CountDownLatch(4);
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                List<Future<Integer>> loops = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    loops.add(threads.submit(() -> {
                        int calls = 0;
                        started.countDown();
                        while (true) {
                            try {
                                vocabulary.tokenize(text, false, false);
                                calls++;
                            } catch (IllegalStateException closed) {
                                return calls;
                            }
                        }
                    }));
                }
                started.await();
                model.close();
                for (Future<Integer> loop : loops) {
                    assertThat(loop.get()).isNotNegative();
                }
            }
        }
    }
}
