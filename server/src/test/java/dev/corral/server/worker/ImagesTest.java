package dev.corral.server.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.corral.engine.Engine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.ForwardingEngine;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.openai.TranscriptionsTest;
import dev.corral.server.remote.RemoteHosts;
import dev.corral.testing.TinyImages;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyProjectors;
import dev.corral.testing.TinySounds;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images through every dialect, to a model in a worker; and images that would kill it, which it never sees. */
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

    private static TestClient.Answer anthropic(String path, String blocks) throws InterruptedException {
        return client.post(
                path,
                "{\"max_tokens\": 1, \"temperature\": 0, \"messages\": [{\"role\": \"user\", \"content\": ["
                        + "{\"type\": \"text\", \"text\": \"What is this?\"}, " + blocks + "]}]}");
    }

    private static String block(byte[] image) {
        return "{\"type\": \"image\", \"source\": {\"type\": \"base64\", \"media_type\": \"image/png\", \"data\": \""
                + base64(image) + "\"}}";
    }

    /** The conversation is the same as in OpenAI's shape: what that one computed is found. */
    @Test
    void anthropicsBlocksShowTheSame() throws Exception {
        byte[] image = TinyImages.png(11);
        int tokens = chat(imageUrl("data:image/png;base64," + base64(image)))
                .json()
                .at("/usage/prompt_tokens")
                .asInt();
        TestClient.Answer same = anthropic("/v1/messages", block(image));
        assertThat(same.status()).as(same.text()).isEqualTo(200);
        assertThat(same.json().at("/usage/cache_read_input_tokens").asInt()).isEqualTo(tokens - 1);
        TestClient.Answer other = anthropic("/v1/messages", block(TinyImages.png(12)));
        assertThat(other.json().at("/usage/cache_read_input_tokens").asInt())
                .isLessThan(tokens - TinyProjectors.LLAVA_TOKENS);
        assertThat(anthropic("/v1/messages/count_tokens", block(image))
                        .json()
                        .path("input_tokens")
                        .asInt())
                .isEqualTo(tokens);
    }

    @Test
    void aToolMayShowAPicture() throws Exception {
        String use =
                "{\"role\": \"assistant\", \"content\": [{\"type\": \"tool_use\", \"id\": \"t\", \"name\": \"look\","
                        + " \"input\": {}}]}";
        String body = "{\"max_tokens\": 1, \"messages\": [{\"role\": \"user\", \"content\": \"Look\"}, " + use
                + ", {\"role\": \"user\", \"content\": [{\"type\": \"tool_result\", \"tool_use_id\": \"t\", \"content\": [%s]}]}]}";
        TestClient.Answer seen = client.post("/v1/messages/count_tokens", body.formatted(block(TinyImages.png(1))));
        assertThat(seen.status()).as(seen.text()).isEqualTo(200);
        TestClient.Answer unseen =
                client.post("/v1/messages/count_tokens", body.formatted("{\"type\": \"text\", \"text\": \"\"}"));
        assertThat(seen.json().path("input_tokens").asInt())
                .isGreaterThanOrEqualTo(unseen.json().path("input_tokens").asInt() + TinyProjectors.LLAVA_TOKENS);
    }

    @Test
    void ollamasImagesAreShownAboveTheText() throws Exception {
        String images = "[\"" + base64(TinyImages.png(1)) + "\", \"" + base64(TinyImages.png(2)) + "\"]";
        String rest = ", \"images\": " + images
                + ", \"stream\": false, \"options\": {\"temperature\": 0, \"num_predict\": 1}}";
        JsonNode chat = client.post(
                        "/api/chat",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"What is this?\", \"images\": " + images
                                + "}], \"stream\": false, \"options\": {\"temperature\": 0, \"num_predict\": 1}}")
                .json();
        JsonNode generate = client.post("/api/generate", "{\"prompt\": \"What is this?\"" + rest)
                .json();
        assertThat(chat.path("prompt_eval_count").asInt()).isGreaterThan(2 * TinyProjectors.LLAVA_TOKENS);
        assertThat(generate.path("prompt_eval_count")).isEqualTo(chat.path("prompt_eval_count"));
        assertThat(generate.path("response")).isEqualTo(chat.at("/message/content"));
        assertThat(generate.has("context")).as("an image is no token").isFalse();
        JsonNode raw = client.post("/api/generate", "{\"raw\": true, \"prompt\": \"[img-1] the [img-0] sat\"" + rest)
                .json();
        assertThat(raw.path("prompt_eval_count").asInt()).isGreaterThan(2 * TinyProjectors.LLAVA_TOKENS);
        TestClient.Answer placeless = client.post("/api/generate", "{\"raw\": true, \"prompt\": \"sat\"" + rest);
        assertThat(placeless.status()).isEqualTo(400);
        TestClient.Answer after = client.post("/api/generate", "{\"context\": [1], \"prompt\": \"sat\"" + rest);
        assertThat(after.status()).isEqualTo(400);
        assertThat(client.post("/api/show", "{}").json().path("capabilities").toString())
                .contains("vision");
    }

    @Test
    void responsesShowPicturesAndGoOnFromThem() throws Exception {
        byte[] image = TinyImages.png(21);
        String url = "data:image/png;base64," + base64(image);
        int tokens = chat(imageUrl(url)).json().at("/usage/prompt_tokens").asInt();
        String input =
                "\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_text\", \"text\": \"What is this?\"},"
                        + " {\"type\": \"input_image\", \"detail\": \"auto\", \"image_url\": \"" + url + "\"}]}]";
        String greedy = ", \"temperature\": 0, \"max_output_tokens\": 1}";
        JsonNode first = client.post("/v1/responses", "{" + input + greedy).json();
        assertThat(first.at("/usage/input_tokens").asInt()).isEqualTo(tokens);
        assertThat(first.at("/usage/input_tokens_details/cached_tokens").asInt())
                .isEqualTo(tokens - 1);
        JsonNode next = client.post(
                        "/v1/responses",
                        "{\"input\": \"And why?\", \"previous_response_id\": \""
                                + first.path("id").asText() + "\"" + greedy)
                .json();
        assertThat(next.at("/usage/input_tokens").asInt()).isGreaterThan(tokens);
        assertThat(next.at("/usage/input_tokens_details/cached_tokens").asInt())
                .as("the picture was not seen anew")
                .isGreaterThan(TinyProjectors.LLAVA_TOKENS);
        assertThat(client.post("/v1/responses/input_tokens", "{" + input + "}")
                        .json()
                        .path("input_tokens")
                        .asInt())
                .isEqualTo(tokens);
        TestClient.Answer bad =
                client.post("/v1/responses", "{" + input.replace(url, "data:image/png;base64,%%%") + "}");
        assertThat(bad.status()).isEqualTo(400);
        assertThat(bad.error().path("param").asText()).isEqualTo("input[0].content[1].image_url");
        TestClient.Answer file = client.post(
                "/v1/responses",
                "{\"input\": [{\"role\": \"user\", \"content\": [{\"type\": \"input_image\", \"file_id\": \"f\"}]}]}");
        assertThat(file.status()).isEqualTo(501);
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
    void whatIsElsewhereIsFetchedWhereThatIsAllowed() throws Exception {
        HttpServer elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] image = TinyImages.png(31);
        elsewhere.createContext("/cat.png", exchange -> {
            exchange.sendResponseHeaders(200, image.length);
            exchange.getResponseBody().write(image);
            exchange.close();
        });
        elsewhere.start();
        String host = "127.0.0.1:" + elsewhere.getAddress().getPort();
        String url = "http://" + host + "/cat.png";
        int tokens = chat(imageUrl("data:image/png;base64," + base64(image)))
                .json()
                .at("/usage/prompt_tokens")
                .asInt();
        Defaults fetching = Defaults.standard().with(RemoteHosts.of(List.of(host)));
        // the engine is everybody's, and is not closed with this server
        try (RunningServer other = RunningServer.of(new Lent(engine), HttpSettings.loopback(0), fetching)) {
            TestClient.Answer answer = other.client()
                    .post(
                            "/v1/messages",
                            "{\"max_tokens\": 1, \"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"text\","
                                    + " \"text\": \"What is this?\"}, {\"type\": \"image\", \"source\":"
                                    + " {\"type\": \"url\", \"url\": \"" + url + "\"}}]}]}");
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.json().at("/usage/cache_read_input_tokens").asInt())
                    .as("the same picture")
                    .isEqualTo(tokens - 1);
            TestClient.Answer missing = other.client()
                    .post(
                            "/v1/chat/completions",
                            "{\"messages\": [{\"role\": \"user\", \"content\": ["
                                    + imageUrl("http://" + host + "/dog.png") + "]}]}");
            assertThat(missing.status()).isEqualTo(400);
            assertThat(missing.errorMessage()).contains("messages[0].content[0].image_url.url", "404");
        } finally {
            elsewhere.stop(0);
        }
    }

    /** An engine that somebody else closes. */
    private record Lent(Engine engine) implements ForwardingEngine {
        @Override
        public void close() {}
    }

    @Test
    void soundIsRefusedByWhoOnlySees() throws Exception {
        String wav = "UklGRigAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQQAAACAgICA";
        TestClient.Answer answer =
                chat("{\"type\": \"input_audio\", \"input_audio\": {\"format\": \"wav\", \"data\": \"" + wav + "\"}}");
        assertThat(answer.status()).isEqualTo(501);
        assertThat(answer.error().path("message").asText()).contains("no sound");
    }

    @Test
    void whoOnlySeesWritesNothingDown() throws Exception {
        TestClient.Answer answer = TranscriptionsTest.send(client, TinySounds.wav(1, 1), Map.of());
        assertThat(answer.status()).isEqualTo(501);
        assertThat(answer.error().path("code").asText()).isEqualTo("unsupported");
        assertThat(answer.errorMessage()).contains("can't hear");
    }

    @Test
    void whoHearsWritesDownWhatItHears() throws Exception {
        WorkerEngine hearing = WorkerEngine.open(
                TinyModel.options(TinyModels.llama(folder))
                        .name("hearing")
                        .projector(LocalEngineOptions.Projector.of(TinyProjectors.ultravox(folder)))
                        .build(),
                _ -> {});
        try (RunningServer running = RunningServer.of(hearing)) {
            Map<String, String> greedy = Map.of("temperature", "0", "max_tokens", "4");
            TestClient.Answer one = TranscriptionsTest.send(running.client(), TinySounds.wav(1, 2), greedy);
            assertThat(one.status()).as(one.text()).isEqualTo(200);
            assertThat(one.json().path("text").isTextual()).isTrue();
            assertThat(one.json().at("/usage/input_tokens").asInt()).isGreaterThan(60);
            TestClient.Answer again = TranscriptionsTest.send(running.client(), TinySounds.wav(1, 2), greedy);
            assertThat(again.json().path("text")).isEqualTo(one.json().path("text"));
            assertThat(again.json()
                            .at("/usage/input_tokens_details/cached_tokens")
                            .asInt())
                    .isEqualTo(one.json().at("/usage/input_tokens").asInt() - 1);
        }
    }
}
