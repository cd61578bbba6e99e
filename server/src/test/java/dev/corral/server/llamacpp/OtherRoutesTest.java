package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OtherRoutesTest {

    private static RunningServer running;

    @BeforeAll
    static void start() throws IOException {
        running = RunningServer.of(FakeEngine.saying("a"));
    }

    @AfterAll
    static void stop() {
        running.close();
    }

    private static JsonNode get(String path) throws InterruptedException {
        TestClient.Answer answer = running.client().get(path);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static JsonNode post(String path, String body) throws InterruptedException {
        TestClient.Answer answer = running.client().post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/v1/health"})
    void healthIsOk(String path) throws InterruptedException {
        assertThat(get(path).toString()).isEqualTo("{\"status\":\"ok\"}");
    }

    /** As servers of early 2024 had it. */
    @Test
    void healthTellsOfSlotsWhenAsked() throws InterruptedException {
        for (String query : new String[] {"include_slots", "fail_on_no_slot=1"}) {
            assertThat(get("/health?" + query).toString())
                    .isEqualTo("{\"status\":\"ok\",\"slots_idle\":4,\"slots_processing\":0}");
        }
    }

    @Test
    void slotsMayBeHidden() throws Exception {
        try (RunningServer hidden = RunningServer.of(FakeEngine.saying("a"), new LlamaCppSettings(false, false))) {
            assertThat(hidden.client().get("/slots").status()).isEqualTo(501);
            assertThat(hidden.client()
                            .get("/props")
                            .json()
                            .path("endpoint_slots")
                            .booleanValue())
                    .isFalse();
        }
    }

    @Test
    void theSettingsOf2023AreThere() throws InterruptedException {
        JsonNode settings = get("/model.json");
        assertThat(settings.path("temp").doubleValue()).isEqualTo(0.8);
        assertThat(settings.path("n_ctx").intValue()).isEqualTo(1024);
        assertThat(settings.path("model").textValue()).isEqualTo("fake");
        assertThat(settings.path("penalize_nl").booleanValue()).isTrue();
        assertThat(settings.path("seed").longValue()).isEqualTo(4294967295L);
    }

    @Test
    void propsTellOfTheModel() throws InterruptedException {
        JsonNode props = get("/props");
        assertThat(props.path("total_slots").intValue()).isEqualTo(4);
        assertThat(props.path("model_alias").textValue()).isEqualTo("fake");
        assertThat(props.path("model_ftype").textValue()).isEqualTo("Q8_0");
        assertThat(props.path("bos_token").textValue()).isEqualTo("<s>");
        assertThat(props.path("chat_template").textValue()).isEqualTo("{{ messages }}");
        assertThat(props.path("chat_template_caps").path("supports_tools").booleanValue())
                .isFalse();
        JsonNode settings = props.path("default_generation_settings");
        assertThat(settings.path("n_ctx").intValue()).isEqualTo(1024);
        assertThat(settings.path("params").path("temperature").doubleValue()).isEqualTo(0.8);
        assertThat(settings.path("params").path("n_predict").intValue()).isEqualTo(-1);
    }

    @Test
    void slotsTellWhatTheyDo() throws InterruptedException {
        JsonNode slots = get("/slots?fail_on_no_slot=1");
        assertThat(slots).hasSize(4);
        assertThat(slots.path(3).path("id").intValue()).isEqualTo(3);
        assertThat(slots.path(3).path("is_processing").booleanValue()).isFalse();
    }

    @Test
    void slotsAreSavedRestoredAndErased() throws InterruptedException {
        assertThat(post("/slots/1?action=save", "{\"filename\": \"story\"}").toString())
                .isEqualTo("{\"id_slot\":1,\"filename\":\"story\",\"n_saved\":5,\"n_written\":500,"
                        + "\"timings\":{\"save_ms\":2.0}}");
        assertThat(post("/slots/1?action=restore", "{\"filename\": \"story\"}").toString())
                .isEqualTo("{\"id_slot\":1,\"filename\":\"story\",\"n_restored\":5,\"n_read\":500,"
                        + "\"timings\":{\"restore_ms\":2.0}}");
        assertThat(post("/slots/1?action=erase", "").toString()).isEqualTo("{\"id_slot\":1,\"n_erased\":5}");
    }

    @ParameterizedTest
    @CsvSource({
        "/slots/4?action=erase, id_slot",
        "/slots/-1?action=erase, id_slot",
        "/slots/x?action=erase, id_slot",
        "/slots/1?action=nothing, action",
        "/slots/1, action",
        "/slots/1?action=save, filename"
    })
    void otherActionsAreRefused(String path, String field) throws InterruptedException {
        TestClient.Answer answer = running.client().post(path, "{}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).contains("'" + field + "'");
    }

    @Test
    void modelsAreListed() throws InterruptedException {
        assertThat(get("/models").path("data").path(0).path("id").textValue()).isEqualTo("fake");
    }

    @Test
    void tokenizes() throws InterruptedException {
        assertThat(post("/tokenize", "{\"content\": \"Hé\"}").toString()).isEqualTo("{\"tokens\":[72,233]}");
        assertThat(post("/tokenize", "{\"content\": \"H\", \"with_pieces\": true}")
                        .toString())
                .isEqualTo("{\"tokens\":[{\"id\":72,\"piece\":\"H\"}]}");
        assertThat(post("/tokenize", "{\"content\": [5, \"H\", 6]}").toString()).isEqualTo("{\"tokens\":[5,72,6]}");
        assertThat(post("/tokenize", "{}").toString()).isEqualTo("{\"tokens\":[]}");
        assertThat(post("/tokenize", "{\"content\": \"\"}").toString()).isEqualTo("{\"tokens\":[]}");
    }

    @Test
    void detokenizes() throws InterruptedException {
        assertThat(post("/detokenize", "{\"tokens\": [72, 233]}").toString())
                .isEqualTo("{\"content\":\"Hé\",\"prompt\":\"Hé\"}");
        assertThat(post("/detokenize", "{}").toString()).isEqualTo("{\"content\":\"\",\"prompt\":\"\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/tokenize | {\"content\": 5} | content",
                "/tokenize | {\"content\": [1.5]} | content",
                "/tokenize | {\"content\": \"x\", \"add_special\": 1} | add_special",
                "/detokenize | {\"tokens\": \"x\"} | tokens",
                "/detokenize | {\"tokens\": [\"x\"]} | tokens[0]",
                "/detokenize | {\"tokens\": [1e999]} | tokens[0]",
                "/apply-template | {} | messages",
                "/apply-template | {\"messages\": []} | messages",
                "/apply-template | {\"messages\": [5]} | messages[0]"
            })
    void wrongTypesAreRefused(String path, String body, String field) throws InterruptedException {
        TestClient.Answer answer = running.client().post(path, body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).startsWith("'" + field + "'");
    }

    @Test
    void appliesTheTemplate() throws InterruptedException {
        assertThat(post("/apply-template", "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}")
                        .path("prompt")
                        .textValue())
                .isEqualTo("[{\"role\":\"user\",\"content\":\"Hi\"}]\n>");
    }
}
