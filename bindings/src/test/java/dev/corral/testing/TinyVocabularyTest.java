package dev.corral.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.llama.Model;
import dev.corral.llama.Vocabulary;
import dev.corral.llama.VocabularyType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TinyVocabularyTest {
    private static final String HARD = "Once upon a time,  there\n\n\twas 中文 é 🙂🚀 x=1; The REEF!";

    @TempDir
    Path folder;

    @Test
    void sentencePiecesComeBackAsTheTextThatTheyWere() {
        TinyVocabulary tiny = TinyVocabulary.sentencePiece();
        try (Model model = open(tiny)) {
            Vocabulary vocabulary = model.vocabulary();

            assertThat(vocabulary.type()).isEqualTo(VocabularyType.SPM);
            assertThat(text(vocabulary, vocabulary.tokenize(HARD, false, false)))
                    .isEqualTo(HARD);
            assertThat(vocabulary.tokenize("Once upon the reef", true, false))
                    .startsWith(tiny.bos(), tiny.id("▁Once"))
                    .endsWith(tiny.id("▁the"), tiny.id("▁reef"));
            assertThat(vocabulary.eos()).isEqualTo(tiny.eos());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "gpt-4o", "llama-bpe", "default"})
    void bytePairsComeBackAsTheTextThatTheyWere(String preTokenizer) {
        TinyVocabulary tiny = TinyVocabulary.bytePair(preTokenizer);
        try (Model model = open(tiny)) {
            Vocabulary vocabulary = model.vocabulary();

            assertThat(vocabulary.type()).isEqualTo(VocabularyType.BPE);
            assertThat(text(vocabulary, vocabulary.tokenize(HARD, false, false)))
                    .isEqualTo(HARD);
            assertThat(vocabulary.tokenize("ÿ reef", false, false)).endsWith(0xC3, 0xBF, tiny.id("Ġreef"));
            assertThat(vocabulary.bos()).hasValue(tiny.bos());
        }
    }

    @Test
    void wordPiecesAreLowerCaseAndStandBetweenMarks() {
        TinyVocabulary tiny = TinyVocabulary.wordPiece();
        try (Model model = Model.open(TinyModels.bert(folder))) {
            assertThat(model.vocabulary().type()).isEqualTo(VocabularyType.WPM);
            assertThat(model.vocabulary().tokenize("The Reef 中", true, false))
                    .containsExactly(tiny.bos(), tiny.id("▁the"), tiny.id("▁reef"), tiny.id("[UNK]"), tiny.id("[SEP]"));
        }
    }

    @Test
    void controlTokensAreReadOnlyWhereAskedFor() {
        TinyVocabulary tiny = TinyVocabulary.sentencePiece();
        try (Model model = open(tiny)) {
            int end = tiny.id("<|im_end|>");

            assertThat(model.vocabulary().tokenize("<|im_end|>", false, true)).containsExactly(end);
            assertThat(model.vocabulary().tokenize("<|im_end|>", false, false)).doesNotContain(end);
            assertThat(model.vocabulary().isEndOfGeneration(end)).isTrue();
            assertThat(model.vocabulary().fimMiddle()).hasValue(tiny.id("<|fim_middle|>"));
        }
    }

    @Test
    void theChatTemplateIsInTheFile() {
        try (Model with = open(TinyVocabulary.sentencePiece());
                Model without = open(TinyVocabulary.sentencePiece().withChatTemplate(null))) {
            assertThat(with.metadata()).containsEntry("tokenizer.chat_template", TinyVocabulary.CHAT_TEMPLATE);
            assertThat(without.metadata()).doesNotContainKey("tokenizer.chat_template");
        }
    }

    private Model open(TinyVocabulary vocabulary) {
        return Model.open(TinyModels.llama(folder, Recipe.named("words").withVocabulary(vocabulary)));
    }

    private static String text(Vocabulary vocabulary, int[] tokens) {
        return new String(vocabulary.detokenize(tokens, true, false), StandardCharsets.UTF_8);
    }
}
