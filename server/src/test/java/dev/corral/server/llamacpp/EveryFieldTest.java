package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.ModelServer;
import dev.corral.server.TestClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every field of a completion at the real model: all of them at once, and what each sampler does to the probabilities. */
class EveryFieldTest {

    private static final ModelServer SERVER = ModelServer.shared();

    /** Every field away from its default. */
    private static final String ALL = """
            {"prompt": ["Once upon a time", [1, "there was"], {"prompt_string": "In the beginning"}],
             "system_prompt": {"prompt": "A tale.\\n", "anti_prompt": "User:", "assistant_name": "Bard:"},
             "stream": true, "return_tokens": true, "return_progress": true, "timings_per_token": true,
             "n_predict": 6, "max_tokens": 6, "max_completion_tokens": 6, "n_cmpl": 2, "n": 2,
             "n_keep": 3, "n_discard": 4, "n_indent": 1, "t_max_predict_ms": 60000, "t_max_ms": 100000,
             "cache_prompt": false, "cache_salt": "salt", "id_slot": 1, "slot_id": 1,
             "temperature": 1.1, "dynatemp_range": 0.1, "dynatemp_exponent": 1.2, "top_k": 30, "top_p": 0.9,
             "min_p": 0.02, "tfs_z": 0.98, "typical_p": 0.99, "top_n_sigma": 5, "xtc_probability": 0.1,
             "xtc_threshold": 0.2, "repeat_last_n": 32, "repeat_penalty": 1.1, "frequency_penalty": 0.1,
             "presence_penalty": 0.1, "penalize_nl": false, "dry_multiplier": 0.5, "dry_base": 1.5,
             "dry_allowed_length": 3, "dry_penalty_last_n": 48, "dry_sequence_breakers": ["!"],
             "mirostat": 2, "mirostat_tau": 4, "mirostat_eta": 0.2, "adaptive_target": 0.4, "adaptive_decay": 0.8,
             "min_keep": 2, "seed": 7, "n_probs": 3, "logprobs": 3, "post_sampling_probs": true,
             "logit_bias": [[100, 1.5], ["cat", false], [" dog", -2]], "ignore_eos": true, "stop": ["zzz"],
             "samplers": ["penalties", "dry", "top_k", "top_p", "temperature"],
             "grammar": "root ::= [a-z ]+ | \\"!\\"", "grammar_lazy": true,
             "grammar_triggers": [{"type": 1, "value": "!"}, {"type": 0, "token": 5}],
             "json_schema": {"type": "object"}, "response_fields": [], "sse_ping_interval": 5,
             "lora": [], "image_data": [], "multimodal_data": [],
             "speculative.type": "none", "speculative.n_max": 4, "speculative.n_min": 1, "speculative.p_min": 0.5,
             "speculative.ngram_size_n": 2, "speculative.ngram_size_m": 3, "speculative.adaptive": false}""";

    @AfterEach
    void goesOn() throws InterruptedException {
        SERVER.engine().checkInvariants();
    }

    private static JsonNode schema() throws InterruptedException {
        return SERVER.client()
                .get("/openapi.json")
                .json()
                .at("/paths/~1completion/post/requestBody/content/application~1json/schema/properties");
    }

    @Test
    void aRequestWithEveryFieldIsAnswered() throws InterruptedException {
        ObjectNode body = (ObjectNode) TestClient.json(ALL);
        List<String> known = new ArrayList<>();
        schema().fieldNames().forEachRemaining(known::add);
        List<String> sent = new ArrayList<>();
        body.fieldNames().forEachRemaining(sent::add);
        assertThat(sent).as("every field that is read is sent").containsAll(known);
        TestClient.Answer answer = SERVER.client().post("/completion", ALL);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        Map<Integer, JsonNode> results = new TreeMap<>();
        Map<Integer, Integer> tokens = new HashMap<>();
        boolean progress = false;
        for (JsonNode event : answer.events()) {
            int index = event.path("index").intValue();
            progress |= event.has("prompt_progress");
            if (event.path("stop").booleanValue()) {
                results.put(index, event);
            } else {
                tokens.merge(index, event.path("tokens").size(), Integer::sum);
            }
        }
        assertThat(progress).isTrue();
        assertThat(results.keySet()).containsExactly(0, 1, 2, 3, 4, 5);
        results.forEach((index, result) -> {
            assertThat(result.path("tokens_predicted").intValue()).isBetween(1, 6);
            assertThat(tokens.getOrDefault(index, 0))
                    .as("a line that is indented too little is cut off")
                    .isBetween(0, result.path("tokens_predicted").intValue());
            agree(body, result.path("generation_settings"));
        });
    }

    /** What results show of a request is what it said. */
    private static void agree(JsonNode sent, JsonNode shown) {
        int compared = 0;
        for (Map.Entry<String, JsonNode> field : sent.properties()) {
            JsonNode value = shown.path(field.getKey());
            if (value.isNumber() || value.isBoolean()) {
                assertThat(value.asDouble())
                        .as(field.getKey())
                        .isEqualTo(field.getValue().asDouble());
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(35);
        assertThat(shown.path("temp")).isEqualTo(shown.path("temperature"));
        assertThat(shown.path("samplers")).isEqualTo(sent.path("samplers"));
        assertThat(shown.path("stop")).isEqualTo(sent.path("stop"));
        assertThat(shown.path("logit_bias")).hasSize(3);
        assertThat(shown.path("grammar_triggers")).hasSize(2);
    }

    /** With the prompt in the cache; the first time it is read in other pieces, which rounds differently. */
    @BeforeAll
    static void readStory() throws InterruptedException {
        probabilities(STORY, 0, "'top_k': 0");
    }

    private static final String STORY = "The cat sat on the mat.\\nThe dog lay by the door.\\nThe cat sat on the";

    /** Probabilities of the tokens at one place of a text that is generated, by token. */
    private static Map<Integer, Double> probabilities(String prompt, int place, String fields)
            throws InterruptedException {
        ObjectNode body = (ObjectNode) TestClient.json("{\"prompt\": \"" + prompt + "\", \"n_predict\": " + (place + 1)
                + ", \"temperature\": 1, \"top_k\": 0, \"top_p\": 1, \"min_p\": 0, \"n_probs\": 60, \"seed\": 1,"
                + " \"post_sampling_probs\": true, \"speculative.type\": \"none\"}");
        body.setAll((ObjectNode) TestClient.json("{" + fields.replace('\'', '"') + "}"));
        TestClient.Answer answer = SERVER.client().post("/completion", body.toString());
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        Map<Integer, Double> found = new TreeMap<>();
        for (JsonNode likely :
                answer.json().path("completion_probabilities").path(place).path("top_probs")) {
            found.put(likely.path("id").intValue(), likely.path("prob").doubleValue());
        }
        assertThat(found).as(answer.text()).isNotEmpty();
        return found;
    }

    private static double distance(Map<Integer, Double> one, Map<Integer, Double> other) {
        Map<Integer, Double> differences = new HashMap<>(one);
        other.forEach((token, probability) -> differences.merge(token, -probability, Double::sum));
        return differences.values().stream().mapToDouble(Math::abs).sum();
    }

    /** What is on the right changes what is on the left; both have what is before the colon. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "| 'temperature': 1 | 'temperature': 0.5",
                "'dynatemp_range': 0.9 | 'dynatemp_exponent': 1 | 'dynatemp_exponent': 4",
                "| 'dynatemp_range': 0 | 'dynatemp_range': 0.9",
                "| 'top_k': 0 | 'top_k': 3",
                "| 'top_p': 1 | 'top_p': 0.4",
                "| 'min_p': 0 | 'min_p': 0.3",
                "| 'tfs_z': 1 | 'tfs_z': 0.5",
                "| 'typical_p': 1 | 'typical_p': 0.2",
                "| 'top_n_sigma': -1 | 'top_n_sigma': 0.5",
                "'xtc_threshold': 0.02 | 'xtc_probability': 0 | 'xtc_probability': 1",
                "'xtc_probability': 1 | 'xtc_threshold': 0.02 | 'xtc_threshold': 0.5",
                "| 'repeat_penalty': 1 | 'repeat_penalty': 1.5",
                "'repeat_penalty': 1.5 | 'repeat_last_n': 64 | 'repeat_last_n': 2",
                "'repeat_penalty': 1.5 | 'repeat_last_n': -1 | 'repeat_last_n': 2",
                "| 'presence_penalty': 0 | 'presence_penalty': 2",
                "| 'frequency_penalty': 0 | 'frequency_penalty': 2",
                "| 'dry_multiplier': 0 | 'dry_multiplier': 1",
                "'dry_multiplier': 1 | 'dry_base': 1.1 | 'dry_base': 2",
                "'dry_multiplier': 1 | 'dry_allowed_length': 2 | 'dry_allowed_length': 4",
                "'dry_multiplier': 1 | 'dry_penalty_last_n': 64 | 'dry_penalty_last_n': 4",
                "'dry_multiplier': 1 | 'dry_sequence_breakers': ['!'] | 'dry_sequence_breakers': [' on']",
                "'top_p': 0.01 | 'min_keep': 0 | 'min_keep': 5",
                "'top_k': 5, 'temperature': 1.5 | 'samplers': ['top_k', 'temperature'] | 'samplers': ['temperature']",
                "'top_k': 5, 'temperature': 1.5 | 'samplers': 'kt' | 'samplers': 'k'",
                "| 'logit_bias': [] | 'logit_bias': [[' mat', -3]]",
                "| 'logit_bias': [] | 'logit_bias': {' mat': false}",
                "'mirostat_tau': 0.5 | 'mirostat': 0 | 'mirostat': 1",
                "| 'mirostat': 0 | 'mirostat': 2",
                "'mirostat': 2 | 'mirostat_tau': 5 | 'mirostat_tau': 0.1",
                "'samplers': ['temperature', 'adaptive_p'] | 'adaptive_target': -1 | 'adaptive_target': 0.05"
            })
    void aSamplerChangesTheProbabilities(String common, String one, String other) throws InterruptedException {
        String before = common == null ? "" : common + ", ";
        Map<Integer, Double> first = probabilities(STORY, 0, before + one);
        assertThat(distance(first, probabilities(STORY, 0, before + one)))
                .as("the same again")
                .isLessThan(0.02);
        assertThat(distance(first, probabilities(STORY, 0, before + other)))
                .as("another value")
                .isGreaterThan(0.05);
    }

    /** Rates tell from the second token on, which comes after the same first one. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'mirostat': 2, 'mirostat_tau': 3 | 'mirostat_eta': 0.05 | 'mirostat_eta': 1",
                "'samplers': ['temperature', 'adaptive_p'], 'adaptive_target': 0.3 | 'adaptive_decay': 0.01 | 'adaptive_decay': 0.9"
            })
    void aRateChangesThemLater(String common, String one, String other) throws InterruptedException {
        assertThat(distance(
                        probabilities(STORY, 0, common + ", " + one), probabilities(STORY, 0, common + ", " + other)))
                .as("at the first token")
                .isLessThan(0.02);
        assertThat(distance(
                        probabilities(STORY, 1, common + ", " + one), probabilities(STORY, 1, common + ", " + other)))
                .as("at the second")
                .isGreaterThan(0.02);
    }

    @Test
    void lineBreaksArePenalizedOrSpared() throws InterruptedException {
        String lines = "a\\nb\\nc\\nd\\ne\\nf\\ng\\nh\\ni";
        int newline = SERVER.client()
                .post("/tokenize", "{\"content\": \"\\n\"}")
                .json()
                .at("/tokens/0")
                .intValue();
        double free = probabilities(lines, 0, "'repeat_penalty': 1").getOrDefault(newline, 0.0);
        double penalized = probabilities(lines, 0, "'repeat_penalty': 1.8").getOrDefault(newline, 0.0);
        double spared = probabilities(lines, 0, "'repeat_penalty': 1.8, 'penalize_nl': false")
                .getOrDefault(newline, 0.0);
        assertThat(free).isGreaterThan(0.5);
        assertThat(penalized).isLessThan(free / 2);
        assertThat(spared).isGreaterThan(free * 0.9);
    }

    @Test
    void theEndCanBeRuledOut() throws InterruptedException {
        String chat = "<|im_start|>user\\nSay OK.<|im_end|>\\n<|im_start|>assistant\\nOK.";
        int end = SERVER.client()
                .post("/tokenize", "{\"content\": \"<|im_end|>\"}")
                .json()
                .at("/tokens/0")
                .intValue();
        assertThat(probabilities(chat, 0, "'ignore_eos': false").getOrDefault(end, 0.0))
                .isGreaterThan(0.1);
        assertThat(probabilities(chat, 0, "'ignore_eos': true").getOrDefault(end, 0.0))
                .isZero();
    }

    @Test
    void aSeedDecidesTheChoice() throws InterruptedException {
        List<String> texts = new ArrayList<>();
        for (int seed = 0; seed < 6; seed++) {
            String body = "{\"prompt\": \"A name:\", \"n_predict\": 4, \"temperature\": 2, \"top_k\": 0, \"seed\": "
                    + seed + ", \"speculative.type\": \"none\"}";
            String text = SERVER.client()
                    .post("/completion", body)
                    .json()
                    .path("content")
                    .textValue();
            texts.add(text);
        }
        assertThat(texts.stream().distinct().count()).as(texts.toString()).isGreaterThan(2);
    }
}
