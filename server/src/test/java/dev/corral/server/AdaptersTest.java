package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.AdapterSet.Scaled;
import dev.corral.engine.Query;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters in every dialect, before a fake engine. */
class AdaptersTest {

    private static final String CHAT = "\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]";

    private final FakeAdapters engine = new FakeAdapters();
    private RunningServer running;

    @BeforeEach
    void start() throws IOException {
        running = RunningServer.of(engine);
    }

    @AfterEach
    void stop() {
        running.close();
    }

    private TestClient.Answer post(String path, String body) throws InterruptedException {
        return running.client().post(path, body);
    }

    private void answered(String path, String body) throws InterruptedException {
        TestClient.Answer answer = post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    private Optional<AdapterSet> adaptersOf(String path, String body) throws InterruptedException {
        answered(path, body);
        return engine.next().request().adapters();
    }

    @Test
    void theyAreListedWithWhatAppliesByDefault() throws InterruptedException {
        assertThat(running.client().get("/lora-adapters").json()).isEqualTo(TestClient.json("""
                        [{"id": 0, "name": "verse", "path": "/adapters/verse.gguf", "scale": 0.0,
                          "task_name": "", "prompt_prefix": ""},
                         {"id": 3, "name": "prose", "path": "/adapters/prose.gguf", "scale": 0.5,
                          "task_name": "", "prompt_prefix": ""}]"""));
    }

    @Test
    void whatAppliesByDefaultIsChanged() throws InterruptedException {
        TestClient.Answer answer = post("/lora-adapters", "[{\"id\": 0, \"scale\": 0.25}, {\"id\": 3, \"scale\": 0}]");
        assertThat(answer.text()).isEqualTo("{\"success\":true}");
        answered("/lora-adapters", "[]");
        assertThat(engine.asked())
                .isEqualTo(List.of(
                        new Query.ApplyAdapters(AdapterSet.of("verse", 0.25f)),
                        new Query.ApplyAdapters(AdapterSet.NONE)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"id\": 0} | must be a JSON array, but is an object",
                "`` | must be a JSON array, but is empty",
                "[1] | 'body[0]' must be an object",
                "[{\"id\": 0}] | 'body[0].scale' is required",
                "[{\"scale\": 1}] | 'body[0].id' is required",
                "[{\"id\": 1, \"scale\": 1}] | 'body[0].id' must be an adapter's id: 0, 3, but is 1",
                "[{\"id\": -1, \"scale\": 1}] | 'body[0].id' must be at least 0",
                "[{\"id\": 0, \"scale\": 100.5}] | 'body[0].scale' must be between -100 and 100",
                "[{\"id\": 0, \"scale\": 1e999}] | 'body[0].scale'",
                "[{\"id\": 0, \"scale\": \"1\"}] | 'body[0].scale' must be a number",
                "[{\"name\": \"../verse\", \"scale\": 1}] | 'body[0].name' must be an adapter's name: verse, prose, rhyme",
                "[{\"id\": 0, \"scale\": 1}, {\"id\": 0, \"scale\": 2}] | must name each only once",
            })
    void wrongChangesAreExplained(String body, String because) throws InterruptedException {
        TestClient.Answer answer = post("/lora-adapters", body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).contains(because);
        assertThat(engine.asked()).isEmpty();
    }

    @Test
    void aRequestChoosesByIdOrName() throws InterruptedException {
        String lora =
                "\"lora\": [{\"id\": 3, \"scale\": 2}, {\"name\": \"rhyme\", \"scale\": 1}, {\"id\": 0, \"scale\": 0}]";
        AdapterSet expected = new AdapterSet(List.of(new Scaled("prose", 2), new Scaled("rhyme", 1)));
        assertThat(adaptersOf("/completion", "{\"prompt\": \"x\", " + lora + "}"))
                .hasValue(expected);
        assertThat(adaptersOf("/v1/chat/completions", "{" + CHAT + ", " + lora + "}"))
                .hasValue(expected);
        assertThat(adaptersOf("/completion", "{\"prompt\": \"x\", \"lora\": []}"))
                .isEmpty();
        assertThat(adaptersOf("/completion", "{\"prompt\": \"x\"}")).isEmpty();
        assertThat(adaptersOf("/completion", "{\"prompt\": \"x\", \"lora\": [{\"id\": 0, \"scale\": 0}]}"))
                .hasValue(AdapterSet.NONE);
    }

    @Test
    void theResultShowsWhatWasAskedFor() throws InterruptedException {
        JsonNode result = post("/completion", "{\"prompt\": \"x\", \"lora\": [{\"id\": 0, \"scale\": 0.5}]}")
                .json();
        assertThat(result.at("/generation_settings/lora").toString()).isEqualTo("[{\"id\":0,\"scale\":0.5}]");
    }

    @ParameterizedTest
    @CsvSource({
        "verse,verse,1",
        "fake:verse,verse,1",
        "other-name:prose,prose,0.5",
        "prose,prose,0.5",
        "default:rhyme,rhyme,1"
    })
    void anAdapterIsAModelOfItsOwn(String model, String name, float scale) throws InterruptedException {
        TestClient.Answer answer = post("/v1/chat/completions", "{\"model\": \"" + model + "\", " + CHAT + "}");
        assertThat(answer.json().path("model").textValue()).isEqualTo(name);
        assertThat(engine.next().request().adapters()).hasValue(AdapterSet.of(name, scale));
        assertThat(running.client().get("/v1/models/" + model).json().path("id").textValue())
                .isEqualTo(name);
    }

    @Test
    void textsAreContinuedWithThemAsWell() throws InterruptedException {
        TestClient.Answer answer = post("/v1/completions", "{\"model\": \"other-name:prose\", \"prompt\": \"x\"}");
        assertThat(answer.json().path("model").textValue()).isEqualTo("prose");
        assertThat(engine.next().request().adapters()).hasValue(AdapterSet.of("prose", 0.5f));
        assertThat(adaptersOf("/v1/completions", "{\"prompt\": \"x\", \"lora\": [{\"id\": 3, \"scale\": 2}]}"))
                .hasValue(AdapterSet.of("prose", 2));
        TestClient.Answer both = post(
                "/v1/completions", "{\"model\": \"verse\", \"lora\": [{\"id\": 3, \"scale\": 1}], \"prompt\": \"x\"}");
        assertThat(both.error().path("param").textValue()).isEqualTo("lora");
    }

    @ParameterizedTest
    @CsvSource({"gpt-4", "other:verse", "verse:fake", ":verse", "fake:", "fake:verse:verse", "../verse", "verse.gguf"})
    void otherModelsAreUnknown(String model) throws InterruptedException {
        TestClient.Answer answer = post("/v1/chat/completions", "{\"model\": \"" + model + "\", " + CHAT + "}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(404);
        assertThat(answer.error().path("code").textValue()).isEqualTo("model_not_found");
    }

    @Test
    void aModelThatIsAnAdapterChoosesAlready() throws InterruptedException {
        TestClient.Answer answer = post(
                "/v1/chat/completions", "{\"model\": \"verse\", \"lora\": [{\"id\": 3, \"scale\": 1}], " + CHAT + "}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("param").textValue()).isEqualTo("lora");
    }

    @ParameterizedTest
    @CsvSource({"/v1/models", "/models"})
    void modelsHaveTheirAdaptersBesideThem(String path) throws InterruptedException {
        JsonNode data = running.client().get(path).json().path("data");
        assertThat(data.findValuesAsText("id")).containsExactly("fake", "verse", "prose", "rhyme");
        assertThat(data.path(1).path("parent").textValue()).isEqualTo("fake");
        assertThat(data.path(1).path("aliases").toString()).isEqualTo("[\"verse\",\"fake:verse\"]");
    }

    @Test
    void adaptersAreLoadedAndUnloadedByName() throws InterruptedException {
        assertThat(post("/v1/load_lora_adapter", "{\"lora_name\": \"rhyme\"}").text())
                .isEqualTo("{\"success\":true,\"lora_name\":\"rhyme\"}");
        answered("/v1/unload_lora_adapter", "{\"lora_name\": \"verse\"}");
        assertThat(engine.asked()).isEqualTo(List.of(new Query.LoadAdapter("rhyme"), new Query.UnloadAdapter("verse")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/load_lora_adapter | {} | lora_name",
                "/v1/load_lora_adapter | {\"lora_name\": \"other\"} | lora_name",
                "/v1/load_lora_adapter | {\"lora_name\": \"rhyme\", \"lora_path\": \"/etc/passwd\"} | lora_path",
                "/v1/unload_lora_adapter | {\"lora_name\": 5} | lora_name",
                "/v1/unload_lora_adapter | {\"lora_name\": \"other\"} | lora_name",
            })
    void wrongNamesAreExplained(String path, String body, String field) throws InterruptedException {
        TestClient.Answer answer = post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("param").textValue()).isEqualTo(field);
        assertThat(engine.asked()).isEmpty();
    }

    /** Petals' clients name an adapter where they would name a model, mostly by its repository. */
    @ParameterizedTest
    @CsvSource({"verse, verse, 1", "timdettmers/verse, verse, 1", "prose, prose, 0.5", "rhyme, rhyme, 1"})
    void petalsClientsNameThemAsModels(String model, String adapter, float scale) throws Exception {
        AdapterSet expected = AdapterSet.of(adapter, scale);
        assertThat(adaptersOf(
                        "/api/v1/generate", "{\"model\": \"" + model + "\", \"inputs\": \"a\", \"max_new_tokens\": 1}"))
                .hasValue(expected);
        String opened = running.client()
                .get("/api/v1/open_inference_session?model=" + model)
                .json()
                .path("session_id")
                .textValue();
        assertThat(adaptersOf(
                        "/api/v1/generate",
                        "{\"session_id\": \"" + opened + "\", \"inputs\": \"a\", \"max_new_tokens\": 1}"))
                .hasValue(expected);
        try (SocketClient client =
                SocketClient.open(running.client().http(), running.client().address(), "/api/v2/generate")) {
            client.say("{'type': 'open_inference_session', 'model': '" + model + "', 'max_length': 9}")
                    .say("{'type': 'generate', 'inputs': 'a', 'max_new_tokens': 1}");
            assertThat(client.text()).isEqualTo("{\"ok\": true}");
            assertThat(engine.next().request().adapters()).hasValue(expected);
        }
    }
}
