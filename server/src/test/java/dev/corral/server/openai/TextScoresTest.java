package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Likelihood;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import dev.corral.server.ModelServer;
import dev.corral.server.TestClient;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scores over HTTP beside those of the engine, on a real model. */
class TextScoresTest {

    /** Batches of another shape round differently. */
    private static final double CLOSE = 0.15;

    private static final ModelServer SERVER = ModelServer.shared();

    private static JsonNode complete(String body) throws InterruptedException {
        TestClient.Answer answer = SERVER.client().post("/v1/completions", body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private static int[] tokens(String text) throws InterruptedException {
        return SERVER.engine()
                .ask(new Query.Tokenize(text, false, true, false))
                .tokens()
                .toArray();
    }

    @Test
    void anEchoScoresItsPrompt() throws Exception {
        int[] context = tokens("Question: What is the capital of France?\nAnswer:");
        for (String choice : List.of(" Paris", " London", " a very long answer")) {
            int[] continuation = tokens(choice);
            int[] all = Arrays.copyOf(context, context.length + continuation.length);
            System.arraycopy(continuation, 0, all, context.length, continuation.length);
            JsonNode logprobs = complete(
                            "{\"prompt\": [" + Arrays.toString(all)
                                    + "], \"max_tokens\": 1, \"temperature\": 0, \"logprobs\": 1, \"echo\": true, \"seed\": 1234}")
                    .at("/choices/0/logprobs");
            assertThat(logprobs.path("token_logprobs")).hasSize(all.length + 1);
            assertThat(logprobs.path("top_logprobs")).hasSize(all.length + 1);
            assertThat(logprobs.at("/token_logprobs/0").isNull()).isTrue();
            Likelihood expected = SERVER.engine()
                    .ask(Query.Score.of(
                            new Query.Score.Item(Prompt.tokens(context), List.of(Prompt.tokens(continuation)))))
                    .items()
                    .getFirst()
                    .getFirst();
            double sum = 0;
            boolean greedy = true;
            for (int i = context.length; i < all.length; i++) {
                double own = logprobs.path("token_logprobs").get(i).doubleValue();
                double best = Double.NEGATIVE_INFINITY;
                for (JsonNode likely : logprobs.path("top_logprobs").get(i)) {
                    best = Math.max(best, likely.doubleValue());
                }
                greedy &= own == best;
                sum += own;
            }
            assertThat(sum).as(choice).isCloseTo(expected.logLikelihood(), within(CLOSE * continuation.length));
            assertThat(greedy).as(choice).isEqualTo(expected.greedy());
        }
    }

    @Test
    void thereIsOneGeneratedEntryEvenWhereTheTextEnds() throws Exception {
        int end = tokens("<|im_end|>")[0];
        JsonNode choice = complete("{\"prompt\": " + Arrays.toString(tokens("Hello world"))
                        + ", \"max_tokens\": 1, \"logprobs\": 1, \"echo\": true, \"temperature\": 0, \"logit_bias\": {\""
                        + end + "\": 100}}")
                .at("/choices/0");
        assertThat(choice.path("finish_reason").textValue()).isEqualTo("stop");
        assertThat(choice.path("text").textValue()).isEqualTo("Hello world");
        assertThat(choice.at("/logprobs/tokens")).hasSize(3);
        assertThat(choice.at("/logprobs/tokens/2").textValue()).isEqualTo("<|im_end|>");
    }

    @Test
    void noTokensNeedBeGenerated() throws Exception {
        JsonNode answer = complete("{\"prompt\": \"Hello world\", \"max_tokens\": 0, \"logprobs\": 2, \"echo\": true}");
        assertThat(answer.at("/choices/0/text").textValue()).isEqualTo("Hello world");
        assertThat(answer.at("/choices/0/logprobs/tokens").toString()).isEqualTo("[\"Hello\",\" world\"]");
        assertThat(answer.at("/choices/0/logprobs/text_offset").toString()).isEqualTo("[0,5]");
        assertThat(answer.at("/usage/completion_tokens").intValue()).isZero();
    }

    @Test
    void theBestOfSeveralIsNoWorseThanTheFirst() throws Exception {
        String common =
                "\"prompt\": \"Once upon a time\", \"max_tokens\": 8, \"logprobs\": 0, \"temperature\": 1, \"seed\": 5";
        JsonNode each = complete("{" + common + ", \"n\": 4}");
        JsonNode best = complete("{" + common + ", \"n\": 2, \"best_of\": 4}");
        assertThat(best.path("choices")).hasSize(2);
        assertThat(mean(best, 0)).isGreaterThanOrEqualTo(mean(best, 1));
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < 4; i++) {
            most = Math.max(most, mean(each, i));
        }
        assertThat(mean(best, 0)).isCloseTo(most, within(CLOSE));
        assertThat(best.at("/usage/completion_tokens").intValue()).isLessThanOrEqualTo(16);
    }

    private static double mean(JsonNode answer, int choice) {
        JsonNode logprobs = answer.path("choices").get(choice).at("/logprobs/token_logprobs");
        double sum = 0;
        for (JsonNode logprob : logprobs) {
            sum += logprob.doubleValue();
        }
        return sum / logprobs.size();
    }

    @Test
    void theTokenizerIsThereForTheHarness() throws Exception {
        JsonNode info = SERVER.client().get("/tokenizer_info").json();
        String end = info.path("eos_token").textValue();
        JsonNode tokens = SERVER.client()
                .post("/tokenize", "{\"prompt\": \"" + end + "\", \"add_special_tokens\": false}")
                .json()
                .path("tokens");
        assertThat(tokens).hasSize(1);
        assertThat(SERVER.client()
                        .post("/detokenize", "{\"tokens\": " + tokens + "}")
                        .json()
                        .path("prompt")
                        .textValue())
                .isEqualTo(end);
        assertThat(Tokens.of(tokens.get(0).intValue()).size()).isEqualTo(1);
    }
}
