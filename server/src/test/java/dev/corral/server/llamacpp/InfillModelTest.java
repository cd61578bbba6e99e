package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyVocabulary;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filling in the middle with models that have the tokens for it, of two kinds of vocabulary. */
class InfillModelTest {

    @TempDir
    private Path folder;

    private JsonNode infill(TinyVocabulary vocabulary, String body) throws Exception {
        TestClient.Answer answer = ask(vocabulary, "/infill", body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json();
    }

    private TestClient.Answer ask(TinyVocabulary vocabulary, String path, String body) throws Exception {
        Path model = TinyModels.llama(folder, Recipe.named("infill").withVocabulary(vocabulary));
        LocalEngineOptions options = LocalEngineOptions.builder(model)
                .contextSize(512)
                .slots(1)
                .threads(1)
                .build();
        try (RunningServer running = RunningServer.of(LocalEngine.open(options, _ -> {}))) {
            return running.client().post(path, body);
        }
    }

    @Test
    void thePromptIsMadeOfTheVocabularysTokens() throws Exception {
        JsonNode result = infill(
                TinyVocabulary.bytePair("gpt-2"),
                "{\"input_prefix\": \"the <|fim_suffix|> cat\", \"input_suffix\": \"the mat\", \"n_predict\": 8}");
        assertThat(result.path("prompt").textValue())
                .endsWith("<|fim_prefix|>the <|fim_suffix|> cat<|fim_suffix|>the mat<|fim_middle|>");
        assertThat(result.path("tokens_predicted").intValue()).isBetween(1, 8);
    }

    @Test
    void aTextBeginsAsTheModelsTextsDo() throws Exception {
        JsonNode result = infill(
                TinyVocabulary.sentencePiece(),
                "{\"input_prefix\": [5, 6], \"input_suffix\": [7], \"n_predict\": 1, \"return_tokens\": true}");
        assertThat(result.path("tokens_evaluated").intValue())
                .as("BOS, three marks, three tokens")
                .isEqualTo(7);
    }

    @Test
    void aSuffixAsksForTheSame() throws Exception {
        TestClient.Answer answer = ask(
                TinyVocabulary.bytePair("gpt-2"),
                "/v1/completions",
                "{\"prompt\": \"the cat\", \"suffix\": \"the mat\", \"max_tokens\": 4, \"temperature\": 0}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        JsonNode infill = infill(
                TinyVocabulary.bytePair("gpt-2"),
                "{\"input_prefix\": \"the cat\", \"input_suffix\": \"the mat\", \"n_predict\": 4, \"temperature\": 0}");
        assertThat(answer.json().at("/choices/0/text")).isEqualTo(infill.path("content"));
        assertThat(answer.json().at("/usage/prompt_tokens")).isEqualTo(infill.path("tokens_evaluated"));
    }
}
