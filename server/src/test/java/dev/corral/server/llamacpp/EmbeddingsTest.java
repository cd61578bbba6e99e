package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.server.FakeEngine;
import dev.corral.server.ModelServer;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Embeddings of a real model; reranking before a fake one, whose scores are the documents' lengths. */
class EmbeddingsTest {

    private static final ModelServer SERVER = ModelServer.shared();

    private static JsonNode embedded(String path, String body) throws InterruptedException {
        TestClient.Answer answer = SERVER.client().post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static TestClient.Answer rerank(String path, String body) throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            return running.client().post(path, body);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/embedding", "/embeddings"})
    void oneVectorAnInput(String path) throws Exception {
        JsonNode answer = embedded(path, "{\"content\": [\"Hello\", \"world\"]}");
        assertThat(answer).hasSize(2);
        assertThat(answer.at("/1/index").intValue()).isOne();
        assertThat(answer.at("/1/embedding")).hasSize(1);
        assertThat(answer.at("/1/embedding/0")).hasSize(576);
    }

    @Test
    void withoutPoolingOneVectorAToken() throws Exception {
        JsonNode rows = embedded("/embedding", "{\"input\": \"Hello, world!\", \"pooling\": \"none\"}");
        JsonNode mean = embedded("/embedding", "{\"input\": \"Hello, world!\", \"embd_normalize\": -1}");
        assertThat(rows.at("/0/embedding")).hasSize(4);
        for (int i = 0; i < 576; i++) {
            double sum = 0;
            for (JsonNode row : rows.at("/0/embedding")) {
                sum += row.get(i).doubleValue();
            }
            assertThat(mean.at("/0/embedding/0/" + i).doubleValue()).isCloseTo(sum / 4, within(1e-2));
        }
    }

    @Test
    void normsAreLlamaCpps() throws Exception {
        double largest = 0;
        for (JsonNode number : embedded("/embedding", "{\"content\": \"Hello\", \"embd_normalize\": 0}")
                .at("/0/embedding/0")) {
            largest = Math.max(largest, Math.abs(number.doubleValue()));
        }
        assertThat(largest).isCloseTo(32_760, within(0.01));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/embedding | {} | 'input' is required",
                "/embedding | {\"content\": []} | 'content' must not be empty",
                "/embedding | {\"content\": {\"no\": 1}} | 'content' must be a string",
                "/rerank | {\"documents\": [\"a\"]} | 'query' is required",
                "/rerank | {\"query\": 5, \"documents\": [\"a\"]} | 'query' must be a string",
                "/rerank | {\"query\": \"a\"} | 'documents' is required",
                "/rerank | {\"query\": \"a\", \"documents\": []} | 'documents' must not be empty",
                "/rerank | {\"query\": \"a\", \"texts\": [5]} | 'texts[0]' must be a string",
                "/rerank | {\"query\": \"a\", \"documents\": [\"a\"], \"top_n\": -1} | 'top_n' must be at least 0"
            })
    void aWrongFieldIsNamed(String path, String body, String because) throws Exception {
        TestClient.Answer answer = SERVER.client().post(path, body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        assertThat(answer.error().path("message").textValue()).contains(because);
        assertThat(answer.error().path("type").textValue()).isEqualTo("invalid_request_error");
    }

    @Test
    void aModelThatIsNoRerankerSaysSo() throws Exception {
        TestClient.Answer answer = SERVER.client().post("/rerank", "{\"query\": \"a\", \"documents\": [\"b\"]}");
        assertThat(answer.status()).isEqualTo(501);
        assertThat(answer.error().path("message").textValue()).contains("'smollm2' is no reranker");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/rerank", "/reranking", "/v1/rerank", "/v1/reranking"})
    void jinaShape(String path) throws Exception {
        JsonNode answer = rerank(
                        path,
                        "{\"query\": \"q\", \"documents\": [\"bb\", {\"text\": \"cccc\"}, \"a\"], \"top_n\": 2,"
                                + " \"return_documents\": true}")
                .json();
        assertThat(answer.path("results").toString())
                .isEqualTo("[{\"index\":1,\"relevance_score\":2.0,\"document\":{\"text\":\"cccc\"}},"
                        + "{\"index\":0,\"relevance_score\":1.0,\"document\":{\"text\":\"bb\"}}]");
        assertThat(answer.path("object").textValue()).isEqualTo("list");
        assertThat(answer.path("model").textValue()).isEqualTo("fake");
        assertThat(answer.at("/usage/total_tokens").intValue()).isEqualTo(10);
    }

    @Test
    void textEmbeddingsInferenceShape() throws Exception {
        assertThat(rerank("/rerank", "{\"query\": \"q\", \"texts\": [\"a\", \"bb\"]}")
                        .text())
                .isEqualTo("[{\"index\":1,\"score\":1.0},{\"index\":0,\"score\":0.5}]");
        assertThat(rerank("/rerank", "{\"query\": \"q\", \"texts\": [\"a\", \"bb\"], \"return_text\": true}")
                        .text())
                .isEqualTo("[{\"index\":1,\"score\":1.0,\"text\":\"bb\"},{\"index\":0,\"score\":0.5,\"text\":\"a\"}]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/embedding", "/v1/embeddings"})
    void aClientThatLeavesEndsItsQuestion(String path) throws Exception {
        StringBuilder inputs = new StringBuilder("\"a\"");
        for (int i = 0; i < 600; i++) {
            inputs.append(", \"")
                    .append("a long text about nothing ".repeat(20))
                    .append("\"");
        }
        long before = SERVER.engine().stats().embedding().tokens();
        try (RawClient _ = SERVER.running().raw().post(path, "{\"input\": [" + inputs + "]}")) {
            while (SERVER.engine().stats().embedding().tokens() == before) {
                Thread.sleep(1);
            }
        }
        while (SERVER.engine().stats().embedding().waiting() > 0) {
            Thread.sleep(1);
        }
        assertThat(SERVER.engine().stats().embedding().tokens() - before).isLessThan(600 * 100);
        SERVER.engine().checkInvariants();
    }
}
