package dev.corral.server.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Limits;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.options.AdapterOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyVocabulary;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests that kill llama.cpp with models and files of their own: each gets a clear answer, and the worker lives on. */
class CrashCorpusModelsTest {

    /** A full context forgets two tokens behind the first four. */
    private static final Defaults SHIFTING = new Defaults(
            Sampling.greedySampling(),
            Limits.UNLIMITED,
            Optional.of(new Limits.ContextShift(4, 2)),
            Query.Embed.EUCLIDEAN,
            Optional.empty(),
            Optional.empty(),
            false,
            Speculation.OFF,
            ChatDefaults.STANDARD);

    private static final String STORY = "the cat sat on the mat and the dog ran to the red house ";

    @TempDir
    private Path folder;

    private WorkerEngine engine;
    private RunningServer server;
    private long pid;

    private void serve(LocalEngineOptionsBuilder options) throws Exception {
        serve(options, Defaults.standard());
    }

    private void serve(LocalEngineOptionsBuilder options, Defaults defaults) throws Exception {
        engine = WorkerEngine.open(options.name("tiny").build(), _ -> {});
        server = RunningServer.of(engine, HttpSettings.loopback(0), defaults);
        pid = engine.pid();
    }

    @AfterEach
    void close() {
        server.close();
        engine.close();
    }

    private TestClient.Answer post(String path, String body) throws InterruptedException {
        TestClient.Answer answer = server.client().post(path, body);
        assertThat(engine.pid()).as(answer.text()).isEqualTo(pid);
        assertThat(engine.ready()).isTrue();
        return answer;
    }

    private void isRefused(String path, String body, String named) throws InterruptedException {
        TestClient.Answer answer = post(path, body);
        assertThat(answer.status()).as(answer.text()).isBetween(400, 499);
        assertThat(answer.error().path("message").textValue()).contains(named);
    }

    /** Row 1, with a pre-tokenizer that recurses. */
    @Test
    void anUnbrokenRunOfLettersIsRefused() throws Exception {
        Recipe pairs = Recipe.named("tiny-pairs").withVocabulary(TinyVocabulary.bytePair("gpt-4o"));
        serve(TinyModel.options(TinyModels.llama(folder, pairs)));
        for (String run : List.of("a".repeat(1_500_000), " ".repeat(1_500_000), "\\n".repeat(1_500_000))) {
            isRefused("/completion", "{\"prompt\": \"x" + run + "\"}", "without a break");
            isRefused("/tokenize", "{\"content\": \"x" + run + "\"}", "without a break");
            isRefused(
                    "/v1/chat/completions",
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"x" + run + "x\"}]}",
                    "without a break");
            isRefused("/v1/embeddings", "{\"input\": [\"x" + run + "\"]}", "without a break");
        }
        assertThat(post("/completion", "{\"prompt\": \"" + STORY + "\", \"n_predict\": 2}")
                        .status())
                .isEqualTo(200);
    }

    /** Row 12. */
    @Test
    void anInputThatIsTooLongForAnEncoderIsRefused() throws Exception {
        serve(TinyModel.options(TinyModels.bert(folder)).microBatchSize(64));
        isRefused("/v1/embeddings", "{\"input\": \"" + STORY.repeat(100) + "\"}", "tokens");
        isRefused("/embedding", "{\"content\": \"" + STORY.repeat(100) + "\"}", "tokens");
        assertThat(post("/v1/embeddings", "{\"input\": \"" + STORY.repeat(20) + "\"}")
                        .status())
                .as("longer than a micro-batch")
                .isEqualTo(200);
    }

    /** Row 12, for a model that ranks. */
    @Test
    void aDocumentThatIsTooLongForARerankerIsRefused() throws Exception {
        serve(TinyModel.options(TinyModels.reranker(folder)).microBatchSize(64));
        isRefused("/v1/rerank", "{\"query\": \"the cat\", \"documents\": [\"" + STORY.repeat(100) + "\"]}", "tokens");
        assertThat(post("/v1/rerank", "{\"query\": \"the cat\", \"documents\": [\"" + STORY + "\"]}")
                        .status())
                .isEqualTo(200);
    }

    private enum Unshiftable {
        MULTI_AXIS,
        LATENT,
        SLIDING_WINDOW,
        RECURRENT,
        HYBRID;

        Path write(Path folder) {
            return switch (this) {
                case MULTI_AXIS -> TinyModels.multiAxis(folder);
                case LATENT -> TinyModels.latentAttention(folder);
                case SLIDING_WINDOW -> TinyModels.slidingWindow(folder);
                case RECURRENT -> TinyModels.mamba(folder);
                case HYBRID -> TinyModels.hybrid(folder);
            };
        }
    }

    /** Row 13: a context that runs full. */
    @ParameterizedTest
    @EnumSource
    void memoryThatCanNotShiftEndsTheAnswer(Unshiftable memory) throws Exception {
        serve(TinyModel.options(memory.write(folder)).contextSize(1024).slots(2), SHIFTING);
        TestClient.Answer answer = post(
                "/completion",
                "{\"prompt\": \"" + STORY + "\", \"n_predict\": 600, \"ignore_eos\": true, \"n_keep\": 4}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().path("tokens_predicted").intValue()).isBetween(100, 600);
    }

    /** Row 13, quantized keys. */
    @Test
    void quantizedKeysShiftOrEndTheAnswer() throws Exception {
        serve(
                TinyModel.options(TinyModels.llama(folder))
                        .contextSize(1024)
                        .slots(2)
                        .keyType("q8_0"),
                SHIFTING);
        TestClient.Answer answer = post(
                "/completion",
                "{\"prompt\": \"" + STORY + "\", \"n_predict\": 600, \"ignore_eos\": true, \"n_keep\": 4}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().path("tokens_predicted").intValue()).isBetween(100, 600);
    }

    /** Row 19: the one kind of file that a request can have loaded. */
    @Test
    void adaptersThatAreDamagedAreRefused() throws Exception {
        Path adapters = Files.createDirectory(folder.resolve("adapters"));
        byte[] whole = Files.readAllBytes(TinyModels.lora(adapters, "whole", 1));
        Files.write(adapters.resolve("short.gguf"), Arrays.copyOf(whole, whole.length / 2));
        Files.write(adapters.resolve("head.gguf"), Arrays.copyOf(whole, 24));
        byte[] lying = whole.clone();
        Arrays.fill(lying, 8, 24, (byte) 0x7f);
        Files.write(adapters.resolve("lying.gguf"), lying);
        serve(TinyModel.options(TinyModels.llama(folder))
                .adapters(new AdapterOptions(List.of(), true, Optional.of(adapters))));
        for (String name : List.of("short", "head", "lying")) {
            isRefused("/v1/load_lora_adapter", "{\"lora_name\": \"" + name + "\"}", "made for this model");
            isRefused(
                    "/completion",
                    "{\"prompt\": \"x\", \"lora\": [{\"name\": \"" + name + "\", \"scale\": 1}]}",
                    "made for this model");
        }
        assertThat(post(
                                "/completion",
                                "{\"prompt\": \"x\", \"n_predict\": 2, \"lora\": [{\"name\": \"whole\", \"scale\": 1}]}")
                        .status())
                .isEqualTo(200);
    }

    /** Row 20. */
    @Test
    void aSavedStateThatIsDamagedIsRefused() throws Exception {
        Path slots = Files.createDirectory(folder.resolve("slots"));
        serve(TinyModel.options(TinyModels.llama(folder)).slotFolder(slots));
        String story = "{\"prompt\": \"" + STORY + "\", \"n_predict\": 2, \"id_slot\": 0}";
        assertThat(post("/completion", story).status()).isEqualTo(200);
        assertThat(post("/slots/0?action=save", "{\"filename\": \"story\"}").status())
                .isEqualTo(200);
        byte[] whole = Files.readAllBytes(slots.resolve("story"));
        for (int at = 0; at < whole.length; at += Math.max(1, whole.length / 12)) {
            damage(slots.resolve("story"), whole, at);
            isRefused("/slots/0?action=restore", "{\"filename\": \"story\"}", "filename");
        }
        Files.write(slots.resolve("story"), Arrays.copyOf(whole, whole.length / 2));
        isRefused("/slots/0?action=restore", "{\"filename\": \"story\"}", "filename");
        Files.write(slots.resolve("story"), whole);
        assertThat(post("/slots/0?action=restore", "{\"filename\": \"story\"}").status())
                .isEqualTo(200);
        assertThat(post("/completion", story).status()).isEqualTo(200);
    }

    private static void damage(Path file, byte[] whole, int at) throws IOException {
        Files.write(file, whole);
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            bytes.write(~whole[at]);
        }
    }

    /** Row 21: only the model's own template is used, and nothing in a request is read as one. */
    @Test
    void aTemplateInARequestIsNotRendered() throws Exception {
        serve(TinyModel.options(TinyModels.llama(
                folder,
                Recipe.named("chatting")
                        .withVocabulary(
                                TinyVocabulary.sentencePiece().withChatTemplate(TinyVocabulary.CHAT_TEMPLATE)))));
        String loops = "{% for a in range(9999) %}".repeat(4) + "{% endfor %}".repeat(4);
        String messages = "\"messages\": [{\"role\": \"user\", \"content\": \"" + loops + "\"}]";
        TestClient.Answer plain = post("/apply-template", "{" + messages + "}");
        assertThat(plain.status()).as(plain.text()).isEqualTo(200);
        assertThat(post("/apply-template", "{" + messages + ", \"chat_template\": \"" + loops + "\"}")
                        .text())
                .isEqualTo(plain.text());
    }
}
