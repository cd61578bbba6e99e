package dev.corral.server.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.local.LocalEngineOptions;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.testing.TinyImages;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyProjectors;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images through both dialects, to a model in a worker; and images that would kill it, which it never sees. */
class ImagesTest {

    private static final String GREEDY =
            "\"temperature\": 0, \"n_predict\": 1, \"n_probs\": 3, \"cache_prompt\": false";

    @TempDir
    private static Path folder;

    private static WorkerEngine engine;
    private static RunningServer server;
    private static TestClient client;
    private static long pid;

    @BeforeAll
    static void open() throws Exception {
        engine = WorkerEngine.open(
                TinyModel.options(TinyModels.llama(folder))
                        .name("seeing")
                        .projector(LocalEngineOptions.Projector.of(TinyProjectors.llava(folder)))
                        .build(),
                _ -> {});
        server = RunningServer.of(engine);
        client = server.client();
        pid = engine.pid();
    }

    @AfterAll
    static void close() {
        server.close();
        engine.close();
    }

    @AfterEach
    void noWorkerIsLost() {
        assertThat(engine.pid()).isEqualTo(pid);
        assertThat(engine.ready()).isTrue();
    }

    private static String base64(byte[] file) {
        return Base64.getEncoder().encodeToString(file);
    }

    private static double likeliest(TestClient.Answer answer) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json()
                .at("/completion_probabilities/0/top_logprobs/0/logprob")
                .asDouble();
    }

    private static TestClient.Answer withMarker(byte[] image) throws InterruptedException {
        return client.post(
                "/completion",
                "{\"prompt\": {\"prompt_string\": \"the cat <__media__> sat\", \"multimodal_data\": [\"" + base64(image)
                        + "\"]}, " + GREEDY + "}");
    }

    private static TestClient.Answer withId(byte[] image) throws InterruptedException {
        return client.post(
                "/completion",
                "{\"prompt\": \"the cat [img-12] sat\", \"image_data\": [{\"id\": 12, \"data\": \"" + base64(image)
                        + "\"}], " + GREEDY + "}");
    }

    private static TestClient.Answer chat(String part) throws InterruptedException {
        return client.post(
                "/v1/chat/completions",
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"What is this?\"}, "
                        + part
                        + "]}], \"temperature\": 0, \"max_tokens\": 1, \"logprobs\": true, \"top_logprobs\": 3}");
    }

    private static String imageUrl(String url) {
        return "{\"type\": \"image_url\", \"image_url\": {\"url\": \"" + url + "\"}}";
    }

    @Test
    void thePictureIsSeenInEveryShape() throws Exception {
        double one = likeliest(withMarker(TinyImages.png(1)));
        assertThat(likeliest(withMarker(TinyImages.png(1)))).isEqualTo(one);
        assertThat(likeliest(withId(TinyImages.png(1)))).isEqualTo(one);
        assertThat(likeliest(withMarker(TinyImages.png(2)))).isNotEqualTo(one);
        assertThat(likeliest(withId(TinyImages.bmp(2, 40, 20)))).isNotEqualTo(one);
    }

    @Test
    void aChatShowsAPicture() throws Exception {
        TestClient.Answer one = chat(imageUrl("data:image/png;base64," + base64(TinyImages.png(1))));
        assertThat(one.status()).as(one.text()).isEqualTo(200);
        JsonNode likely = one.json().at("/choices/0/logprobs/content/0/top_logprobs");
        TestClient.Answer other = chat(imageUrl("data:image/png;base64," + base64(TinyImages.png(2))));
        assertThat(other.json().at("/choices/0/logprobs/content/0/top_logprobs"))
                .isNotEqualTo(likely);
        int tokens = one.json().at("/usage/prompt_tokens").asInt();
        TestClient.Answer again = chat(imageUrl("data:image/png;base64," + base64(TinyImages.png(1))));
        assertThat(again.json().at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isEqualTo(tokens - 1);
    }

    @Test
    void theServerSaysWhatItTakes() throws Exception {
        JsonNode props = client.get("/props").json();
        assertThat(props.at("/modalities/vision").asBoolean()).isTrue();
        assertThat(props.at("/modalities/audio").asBoolean()).isFalse();
        assertThat(props.path("media_marker").asText()).isEqualTo("<__media__>");
        assertThat(client.get("/models").text()).contains("multimodal");
        TestClient.Answer rendered = client.post(
                "/apply-template",
                "{\"messages\": [{\"role\": \"user\", \"content\": ["
                        + imageUrl("data:image/png;base64," + base64(TinyImages.png(1))) + "]}]}");
        assertThat(rendered.json().path("prompt").asText()).contains("<__media__>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "%%%", "aGVsbG8=", "iVBORw0KGgo=", "R0lGODlh", "Qk0="})
    void whatIsNoImageIsRefused(String base64) throws Exception {
        TestClient.Answer answer = client.post(
                "/completion",
                "{\"prompt\": {\"prompt_string\": \"<__media__> sat\", \"multimodal_data\": [\"" + base64 + "\"]}}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("message").asText()).contains("prompt.multimodal_data[0]");
        TestClient.Answer chat = chat(imageUrl("data:image/png;base64," + base64));
        assertThat(chat.status()).isEqualTo(400);
        assertThat(chat.error().path("message").asText()).contains("messages[0].content[1].image_url.url");
    }

    @Test
    void anImageThatWouldTakeAllMemoryIsRefused() throws Exception {
        assertThat(withMarker(TinyImages.png(100_000, 100_000, new byte[16])).status())
                .isEqualTo(400);
        assertThat(withMarker(TinyImages.png(Integer.MAX_VALUE, 1, new byte[16]))
                        .status())
                .isEqualTo(400);
        assertThat(withMarker(TinyImages.png(0, 0, new byte[16])).status()).isEqualTo(400);
        assertThat(withMarker(TinyImages.png(4, 4, new byte[20_000_000])).status())
                .isEqualTo(400);
        byte[] torn = TinyImages.png(1);
        assertThat(withMarker(java.util.Arrays.copyOf(torn, torn.length / 2)).status())
                .isEqualTo(400);
        assertThat(withMarker(TinyImages.png(4, 4, new byte[7])).status()).isEqualTo(400);
    }

    @Test
    void markersAndFilesMustAgree() throws Exception {
        String image = base64(TinyImages.png(1));
        String prompt = "{\"prompt\": {\"prompt_string\": \"%s\", \"multimodal_data\": [\"" + image + "\"]}}";
        assertThat(client.post("/completion", prompt.formatted("none")).status())
                .isEqualTo(400);
        assertThat(client.post("/completion", prompt.formatted("<__media__> <__media__> a"))
                        .status())
                .isEqualTo(400);
        assertThat(client.post("/completion", prompt.formatted("at its end <__media__>"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void nothingIsFetched() throws Exception {
        TestClient.Answer answer = chat(imageUrl("http://127.0.0.1:1/cat.png"));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("message").asText()).contains("fetches nothing");
    }

    @Test
    void soundIsRefusedByWhoOnlySees() throws Exception {
        String wav = "UklGRigAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQQAAACAgICA";
        TestClient.Answer answer =
                chat("{\"type\": \"input_audio\", \"input_audio\": {\"format\": \"wav\", \"data\": \"" + wav + "\"}}");
        assertThat(answer.status()).isEqualTo(501);
        assertThat(answer.error().path("message").asText()).contains("no sound");
    }
}
