package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Pooling;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.FakeEngine;
import dev.corral.server.ModelServer;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbeddingsTest {

    private static final ModelServer SERVER = ModelServer.shared();

    private static TestClient.Answer embed(String body) throws InterruptedException {
        return SERVER.client().post("/v1/embeddings", body);
    }

    private static JsonNode embedded(String body) throws InterruptedException {
        TestClient.Answer answer = embed(body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static Query.Embed asked(String body) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        try (RunningServer running = RunningServer.of(engine)) {
            TestClient.Answer answer = running.client().post("/v1/embeddings", body);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            return engine.lastEmbed();
        }
    }

    @Test
    void aTextHasOneVectorOfLengthOne() throws Exception {
        JsonNode answer = embedded("{\"model\": \"smollm2\", \"input\": \"Hello, world!\"}");
        assertThat(answer.path("object").textValue()).isEqualTo("list");
        assertThat(answer.path("model").textValue()).isEqualTo("smollm2");
        assertThat(answer.path("data")).hasSize(1);
        assertThat(answer.at("/data/0/object").textValue()).isEqualTo("embedding");
        assertThat(answer.at("/data/0/index").intValue()).isZero();
        JsonNode vector = answer.at("/data/0/embedding");
        assertThat(vector).hasSize(SERVER.engine().model().embeddingSize());
        double length = 0;
        for (JsonNode number : vector) {
            length += number.doubleValue() * number.doubleValue();
        }
        assertThat(length).isCloseTo(1, within(1e-5));
        assertThat(answer.at("/usage/prompt_tokens").intValue()).isEqualTo(4);
        assertThat(answer.at("/usage/total_tokens").intValue()).isEqualTo(4);
    }

    @Test
    void base64HoldsTheSameNumbers() throws Exception {
        JsonNode numbers = embedded("{\"input\": \"Hello\"}").at("/data/0/embedding");
        String base64 = embedded("{\"input\": \"Hello\", \"encoding_format\": \"base64\"}")
                .at("/data/0/embedding")
                .textValue();
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(bytes.remaining()).isEqualTo(numbers.size() * Float.BYTES);
        for (JsonNode number : numbers) {
            assertThat(bytes.getFloat()).isCloseTo(number.floatValue(), within(1e-5f));
        }
    }

    @Test
    void textsAndTokensMaySayTheSame() throws Exception {
        JsonNode tokens = SERVER.client()
                .post("/tokenize", "{\"content\": \"Hello, world!\"}")
                .json()
                .path("tokens");
        JsonNode answer = embedded("{\"input\": [\"Hello, world!\", \"another\"]}");
        assertThat(answer.path("data")).hasSize(2);
        assertThat(answer.at("/data/1/index").intValue()).isOne();
        for (String input : new String[] {tokens.toString(), "[" + tokens + "]"}) {
            JsonNode same = embedded("{\"input\": " + input + "}");
            assertThat(same.path("data")).hasSize(1);
            for (int i = 0; i < 16; i++) {
                assertThat(same.at("/data/0/embedding/" + i).doubleValue())
                        .isCloseTo(answer.at("/data/0/embedding/" + i).doubleValue(), within(1e-3));
            }
        }
    }

    @Test
    void dimensionsCutAndNormalizeAgain() throws Exception {
        JsonNode whole = embedded("{\"input\": \"Hello\"}").at("/data/0/embedding");
        JsonNode cut = embedded("{\"input\": \"Hello\", \"dimensions\": 8}").at("/data/0/embedding");
        assertThat(cut).hasSize(8);
        double length = 0;
        for (int i = 0; i < 8; i++) {
            length += Math.pow(whole.get(i).doubleValue(), 2);
        }
        for (int i = 0; i < 8; i++) {
            assertThat(cut.get(i).doubleValue())
                    .isCloseTo(whole.get(i).doubleValue() / Math.sqrt(length), within(1e-4));
        }
    }

    @Test
    void everyFieldReachesTheEngine() throws Exception {
        Query.Embed query = asked("{\"input\": [\"a\", [1, 2]], \"dimensions\": 2, \"embd_normalize\": -1,"
                + " \"pooling\": \"last\", \"user\": \"somebody\"}");
        assertThat(query.inputs()).containsExactly(Prompt.text("a"), Prompt.tokens(1, 2));
        assertThat(query.dimensions()).isEqualTo(OptionalInt.of(2));
        assertThat(query.normalize()).isEqualTo(-1);
        assertThat(query.pooling()).isEqualTo(Pooling.LAST);
        assertThat(asked("{\"input\": \"a\"}"))
                .isEqualTo(Query.Embed.of(query.inputs().subList(0, 1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | input | is required",
                "{\"input\": []} | input | between 1 and 2048",
                "{\"input\": \"\"} | input | must have at least one token",
                "{\"input\": [\"a\", \"\"]} | input[1] | must have at least one token",
                "{\"input\": 5} | input | must be a string",
                "{\"input\": [\"a\", 5]} | input[1] | must be a string",
                "{\"input\": [1, \"a\"]} | input[1] | whole number",
                "{\"input\": [49152]} | input | between 0 and 49151",
                "{\"input\": [[1], [-1]]} | input[1] | between 0 and 49151",
                "{\"input\": \"a\", \"encoding_format\": \"int8\"} | encoding_format | float or base64",
                "{\"input\": \"a\", \"dimensions\": 0} | dimensions | at least 1",
                "{\"input\": \"a\", \"dimensions\": 577} | dimensions | between 1 and 576",
                "{\"input\": \"a\", \"embd_normalize\": -2} | embd_normalize | at least -1",
                "{\"input\": \"a\", \"pooling\": \"none\"} | pooling | one vector for each input",
                "{\"input\": \"a\", \"pooling\": \"max\"} | pooling | none, mean, cls, last or rank"
            })
    void aWrongFieldIsNamed(String body, String param, String because) throws Exception {
        TestClient.Answer answer = embed(body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("param").textValue()).isEqualTo(param);
        assertThat(answer.error().path("type").textValue()).isEqualTo("invalid_request_error");
        assertThat(answer.error().path("message").textValue()).contains(because);
    }

    @Test
    void anInputThatIsTooLongIsNamedWithTheLimit() throws Exception {
        TestClient.Answer answer = embed("{\"input\": [\"a\", \"" + "word ".repeat(5_000) + "\"]}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error().path("code").textValue()).isEqualTo("context_length_exceeded");
        assertThat(answer.error().path("param").textValue()).isEqualTo("input[1]");
        assertThat(answer.error().path("message").textValue())
                .contains(String.valueOf(SERVER.engine().model().embedding().maxTokens()));
        assertThat(answer.error().path("n_prompt_tokens").intValue()).isGreaterThan(4_999);
    }

    @Test
    void anotherModelIsNotFound() throws Exception {
        TestClient.Answer answer = embed("{\"model\": \"text-embedding-3-small\", \"input\": \"a\"}");
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.error().path("code").textValue()).isEqualTo("model_not_found");
    }
}
