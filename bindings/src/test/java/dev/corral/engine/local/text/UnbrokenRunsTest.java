package dev.corral.engine.local.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.InvalidRequestException;
import dev.corral.llama.Model;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyVocabulary;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnbrokenRunsTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "Ab", "字", " ", "\n", " \t", "-", "=*", "🙂"})
    void aRunIsRefusedFromOnePastTheLimitOn(String characters) {
        int length = characters.codePointCount(0, characters.length());
        String longest = characters.repeat(UnbrokenRuns.LONGEST / length);
        assertThatCode(() -> UnbrokenRuns.check("prompt", "1" + longest + "1" + longest))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> UnbrokenRuns.check("prompt", "1" + longest + characters))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith("'prompt' must have at most 100000 letters, spaces or signs without a break");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "1", "a1", "字。"})
    void whatHasBreaksMayBeAsLongAsItLikes(String characters) {
        assertThatCode(() -> UnbrokenRuns.check("prompt", characters.repeat(2 * UnbrokenRuns.LONGEST)))
                .doesNotThrowAnyException();
    }

    /** Whatever follows by a regular expression: what is let through fits a text thread's stack with room to spare. */
    @ParameterizedTest
    @ValueSource(strings = {"gpt-4o", "deepseek-llm", "deepseek-v3", "tekken", "minimax-m2", "llama-bpe", "qwen2"})
    void runsThreeTimesAsLongFitTheStack(String preTokenizer, @TempDir Path folder) throws Exception {
        Path file =
                TinyModels.llama(folder, Recipe.named("pairs").withVocabulary(TinyVocabulary.bytePair(preTokenizer)));
        try (Model model = Model.open(file);
                TextThreads threads = new TextThreads("text", 1)) {
            for (String character : new String[] {"a", "A", "字", " ", "\n", "-", "/"}) {
                String run = "x 1" + character.repeat(3 * UnbrokenRuns.LONGEST);
                int[] tokens = threads.call(() -> model.vocabulary().tokenize(run, false, false));
                assertThat(model.vocabulary().detokenize(tokens, false, true).length)
                        .isGreaterThanOrEqualTo(3 * UnbrokenRuns.LONGEST);
            }
        }
    }

    @Test
    void otherVocabulariesDoNotRecurse(@TempDir Path folder) {
        try (Model model = Model.open(TinyModels.llama(folder))) {
            assertThatCode(() -> UnbrokenRuns.check("prompt", "a".repeat(2 * UnbrokenRuns.LONGEST), model.vocabulary()))
                    .doesNotThrowAnyException();
        }
    }
}
