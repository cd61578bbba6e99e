package dev.corral.server.ollama;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.FakeAdapters;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of the model without a text to generate. */
class OllamaModelsTest {

    private FakeEngine engine;
    private RunningServer running;

    @BeforeEach
    void start() throws Exception {
        engine = FakeEngine.saying("a");
        running = RunningServer.of(engine);
    }

    @AfterEach
    void stop() {
        running.close();
    }

    private JsonNode post(String path, String body) throws Exception {
        TestClient.Answer answer = running.client().post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    @Test
    void theModelIsListed() throws Exception {
        JsonNode entry = running.client().get("/api/tags").json().at("/models/0");
        assertThat(entry.path("name").textValue()).isEqualTo("fake");
        assertThat(entry.path("model").textValue()).isEqualTo("fake");
        assertThat(entry.path("size").longValue()).isEqualTo(1_100_000_000);
        assertThat(entry.path("digest").textValue()).matches("[0-9a-f]{64}");
        assertThat(Instant.parse(entry.path("modified_at").textValue())).isBefore(Instant.now());
        assertThat(entry.path("details").toString())
                .isEqualTo("{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"\",\"families\":[\"\"],"
                        + "\"parameter_size\":\"1.0B\",\"quantization_level\":\"Q8_0\"}");
    }

    @Test
    void anAdapterIsAModelToo() throws Exception {
        try (RunningServer adapted = RunningServer.of(new FakeAdapters())) {
            JsonNode models = adapted.client().get("/api/tags").json().path("models");
            assertThat(models.size()).isGreaterThan(1);
            assertThat(models.at("/1/details/parent_model").textValue()).isEqualTo("fake");
            String adapter = models.at("/1/name").textValue();
            assertThat(adapted.client()
                            .post("/api/generate", "{\"model\": \"" + adapter + "\", \"prompt\": \"Hi\"}")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void theModelRunsForEver() throws Exception {
        JsonNode entry = running.client().get("/api/ps").json().at("/models/0");
        assertThat(entry.path("name").textValue()).isEqualTo("fake");
        assertThat(entry.path("context_length").intValue()).isEqualTo(1024);
        assertThat(Instant.parse(entry.path("expires_at").textValue())).isAfter(Instant.now());
    }

    @Test
    void aVersionIsTold() throws Exception {
        assertThat(running.client().get("/api/version").json().path("version").textValue())
                .matches("\\d+\\.\\d+\\.\\d+");
    }

    @Test
    void theModelIsShown() throws Exception {
        JsonNode shown = post("/api/show", "{\"model\": \"fake\"}");
        assertThat(shown.path("template").textValue()).isEqualTo("{{ messages }}");
        assertThat(shown.path("capabilities").toString())
                .isEqualTo("[\"completion\",\"embedding\",\"vision\",\"insert\"]");
        assertThat(shown.at("/model_info/general.parameter_count").longValue()).isEqualTo(1_000_000_000);
        assertThat(shown.path("parameters").textValue()).containsPattern("num_ctx +1024\n");
        assertThat(shown.toString()).as("no path of this machine").doesNotContain("/models/");
        assertThat(running.client().post("/api/show", "{\"name\": \"llama3\"}").status())
                .isEqualTo(404);
    }

    @Test
    void textsHaveVectors() throws Exception {
        JsonNode answer =
                post("/api/embed", "{\"model\": \"fake\", \"input\": [\"one\", \"two!\"], \"dimensions\": 2}");
        assertThat(answer.path("model").textValue()).isEqualTo("fake");
        assertThat(answer.path("embeddings").toString()).isEqualTo("[[0.0,3.0],[1.0,4.0]]");
        assertThat(answer.path("prompt_eval_count").intValue()).isEqualTo(7);
        assertThat(answer.path("total_duration").longValue()).isPositive();
        assertThat(engine.lastEmbed().normalize()).isEqualTo(Query.Embed.EUCLIDEAN);
        assertThat(engine.lastEmbed().dimensions()).hasValue(2);
    }

    @Test
    void oneTextHasAVectorThatIsNotNormalized() throws Exception {
        assertThat(post("/api/embeddings", "{\"prompt\": \"one\"}").toString()).isEqualTo("{\"embedding\":[0.0,3.0]}");
        assertThat(engine.lastEmbed().normalize()).isEqualTo(-1);
    }

    @Test
    void noTextHasNoVector() throws Exception {
        assertThat(post("/api/embed", "{\"input\": []}").path("embeddings").toString())
                .isEqualTo("[]");
        assertThat(post("/api/embed", "{}").path("embeddings").toString()).isEqualTo("[]");
        assertThat(post("/api/embeddings", "{}").toString()).isEqualTo("{\"embedding\":[]}");
    }

    /** The fake engine takes 1024 tokens, of a letter each. */
    @Test
    void whatIsTooLongIsCutOffUnlessToldOtherwise() throws Exception {
        String input = "{\"input\": \"" + "x".repeat(2000) + "\"";
        post("/api/embed", input + "}");
        assertThat(((Prompt.Ids) engine.lastEmbed().inputs().getFirst())
                        .tokens()
                        .size())
                .isEqualTo(1024);
        post("/api/embed", input + ", \"truncate\": false}");
        assertThat(engine.lastEmbed().inputs().getFirst()).isInstanceOf(Prompt.Text.class);
    }

    @Test
    void whatOllamaHasAndThisHasNotIsNotFound() throws Exception {
        TestClient.Answer answer = running.client().post("/api/create", "{\"model\": \"llama3\"}");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.error().isTextual()).isTrue();
    }
}
