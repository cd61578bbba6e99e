package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocabularyTest {

    private static final int LARGE_STACK = 256 << 20;

    private static Model model;
    private static Vocabulary vocabulary;

    @BeforeAll
    static void open() {
        model = Model.open(
                SmolModel.path(), ModelOptions.builder().vocabularyOnly(true).build());
        vocabulary = model.vocabulary();
    }

    @AfterAll
    static void close() {
        model.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "Hello, world!",
                "   leading, trailing and   inner spaces   ",
                "\t\r\n\n\n mixed \n\t blank \u00a0 lines \n",
                "👩‍👩‍👧‍👦 😀 🇪🇸 ✌🏽 🏴\uDB40\uDC67\uDB40\uDC62\uDB40\uDC7F",
                "漢字かな交じり文 한국어 中文，标点。",
                "e\u0301 z\u0335\u0321\u0353 अनुच्छेद ไทย עברית عربي",
                "public static <T> void f(List<? extends T> l) {\n\treturn l.get(0x7F) ** 2; // \\n\n}",
                "a\u0000b\u0000\u0000c",
                "\u0001\u0002\u001f\u007f\ufeff\u200b",
                "<|im_start|>user\nhi<|im_end|>",
                "https://example.org/?q=%20&r=1#x",
                "it's we'll I'd they've DON'T",
                "1234567890 3.14159 1e-10 ½ ² ™"
            })
    void textSurvivesTheWayThereAndBack(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        int[] tokens = vocabulary.tokenize(utf8, false, false);

        assertThat(vocabulary.tokenize(text, false, false)).isEqualTo(tokens);
        assertThat(vocabulary.detokenize(tokens, false, true)).isEqualTo(utf8);
        assertThat(joined(tokens)).isEqualTo(utf8);
        assertThat(Arrays.stream(tokens)).allMatch(token -> token >= 0 && token < vocabulary.size());
    }

    @Test
    void anyUnicodeTextSurvives() {
        long seed = 20261121;
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(60);
            while (text.length() < length) {
                int point = random.nextInt(Character.MAX_CODE_POINT + 1);
                if (Character.isDefined(point) && Character.getType(point) != Character.SURROGATE) {
                    text.appendCodePoint(point);
                }
            }
            int[] tokens = vocabulary.tokenize(text.toString(), false, false);

            assertThat(new String(vocabulary.detokenize(tokens, false, true), StandardCharsets.UTF_8))
                    .as("seed %d, text %d", seed, i)
                    .isEqualTo(text.toString());
        }
    }

    @Test
    void longTextsAreNotCutOff() throws Exception {
        String text = "The quick brown fox 速い jumps 😀 over\n".repeat(2500);
        assertThat(text.getBytes(StandardCharsets.UTF_8)).hasSizeGreaterThan(100_000);
        int[] tokens = onLargeStack(() -> vocabulary.tokenize(text, false, false));

        assertThat(tokens).hasSizeGreaterThan(20_000);
        assertThat(new String(vocabulary.detokenize(tokens, false, false), StandardCharsets.UTF_8))
                .isEqualTo(text);
    }

    @Test
    void controlTokensAreTextUnlessAskedFor() {
        int start = vocabulary.tokenize("<|im_start|>", false, true)[0];

        assertThat(vocabulary.tokenize("<|im_start|>", false, true)).hasSize(1);
        assertThat(vocabulary.tokenize("<|im_start|>", false, false))
                .hasSizeGreaterThan(1)
                .doesNotContain(start);
        assertThat(vocabulary.isControl(start)).isTrue();
        assertThat(vocabulary.attributes(start)).contains(TokenAttribute.CONTROL);
        assertThat(vocabulary.text(start)).isEqualTo("<|im_start|>");
        assertThat(vocabulary.piece(start, true)).asString().isEqualTo("<|im_start|>");
        assertThat(vocabulary.piece(start, false)).isEmpty();
        assertThat(vocabulary.detokenize(new int[] {start}, false, false)).isEmpty();
        assertThat(vocabulary.detokenize(new int[] {start}, false, true))
                .asString()
                .isEqualTo("<|im_start|>");
    }

    @Test
    void piecesMayBePartsOfACharacter() {
        int[] tokens = vocabulary.tokenize("🦒", false, false);

        assertThat(tokens).hasSizeGreaterThan(1);
        assertThat(new String(vocabulary.piece(tokens[0], false), StandardCharsets.UTF_8))
                .contains("\ufffd");
        assertThat(joined(tokens)).asString(StandardCharsets.UTF_8).isEqualTo("🦒");
    }

    @Test
    void everyPieceIsReadOnceAndKept() {
        for (int token = 0; token < vocabulary.size(); token++) {
            byte[] piece = vocabulary.piece(token, true);

            assertThat(vocabulary.piece(token, true)).isSameAs(piece);
        }
    }

    @Test
    void tokensOutOfRangeAreNamed() {
        for (int token : new int[] {-1, vocabulary.size(), Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> vocabulary.piece(token, true))
                    .withMessageContaining(String.valueOf(token))
                    .withMessageContaining("0 to " + (vocabulary.size() - 1));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> vocabulary.detokenize(new int[] {5, token}, false, false));
            assertThatIllegalArgumentException().isThrownBy(() -> vocabulary.isEndOfGeneration(token));
            assertThatIllegalArgumentException().isThrownBy(() -> vocabulary.isControl(token));
            assertThatIllegalArgumentException().isThrownBy(() -> vocabulary.text(token));
            assertThatIllegalArgumentException().isThrownBy(() -> vocabulary.attributes(token));
            assertThatIllegalArgumentException().isThrownBy(() -> vocabulary.score(token));
        }
    }

    @Test
    void knowsItsSpecialTokens() {
        assertThat(vocabulary.size()).isEqualTo(49_152);
        assertThat(vocabulary.type()).isEqualTo(VocabularyType.BPE);
        int end = vocabulary.tokenize("<|im_end|>", false, true)[0];
        assertThat(vocabulary.eos()).hasValue(end);
        assertThat(vocabulary.isEndOfGeneration(end)).isTrue();
        assertThat(vocabulary.isEndOfGeneration(1000)).isFalse();
        assertThat(vocabulary.bos()).hasValue(vocabulary.tokenize("<|im_start|>", false, true)[0]);
        assertThat(vocabulary.addsBos()).isFalse();
        assertThat(vocabulary.addsEos()).isFalse();
        assertThat(vocabulary.nl()).isPresent();
        assertThat(vocabulary.mask()).isEmpty();
        assertThat(vocabulary.suppressedTokens()).isEmpty();
    }

    @Test
    void isForSeveralThreads() throws Exception {
        List<String> texts = List.of("one two three", "漢字", "👩‍👩‍👧‍👦", "a much longer text ".repeat(100));
        List<int[]> expected = texts.stream()
                .map(text -> vocabulary.tokenize(text, false, false))
                .toList();
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<List<int[]>>> results = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                results.add(threads.submit(() -> texts.stream()
                        .map(text -> vocabulary.tokenize(text, false, false))
                        .toList()));
            }
            for (Future<List<int[]>> result : results) {
                assertThat(result.get()).usingElementComparator(Arrays::compare).isEqualTo(expected);
            }
        }
    }

    private static byte[] joined(int[] tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int token : tokens) {
            bytes.writeBytes(vocabulary.piece(token, true));
        }
        return bytes.toByteArray();
    }

    private static <T> T onLargeStack(Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(call);
        Thread.ofPlatform().name("tokenize").stackSize(LARGE_STACK).start(task);
        return task.get();
    }
}
