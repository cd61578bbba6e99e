package dev.corral.engine.local.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextAssemblerTest {

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aCharacterWaitsForAllItsBytes() {
        TextAssembler text = new TextAssembler(List.of(), 0);
        byte[] emoji = utf8("😀");
        for (int i = 0; i < 3; i++) {
            text.append(new byte[] {emoji[i]});
            assertThat(text.take()).isEmpty();
        }
        text.append(new byte[] {emoji[3]});
        assertThat(text.take()).isEqualTo("😀");
    }

    @Test
    void bytesThatAreNoTextBecomeReplacementCharacters() {
        TextAssembler text = new TextAssembler(List.of(), 0);
        text.append(new byte[] {'a', (byte) 0xff, 'b'});
        assertThat(text.take()).isEqualTo("a\ufffdb");
        text.append(new byte[] {(byte) 0xe2, (byte) 0x82});
        assertThat(text.take()).isEmpty();
        assertThat(text.takeRest()).isEqualTo("\ufffd");
    }

    @Test
    void aStopStringMaySpanTokensAndIsNotPartOfTheText() {
        TextAssembler text = new TextAssembler(List.of("STOP"), 0);
        text.append(utf8("one S"));
        assertThat(text.take()).isEqualTo("one ");
        text.append(utf8("T"));
        assertThat(text.take()).isEmpty();
        text.append(utf8("OP two"));
        assertThat(text.stopped()).contains("STOP");
        assertThat(text.take() + text.takeRest()).isEmpty();
    }

    @Test
    void whatOnlyLookedLikeAStopStringIsReleased() {
        TextAssembler text = new TextAssembler(List.of("STOP"), 0);
        text.append(utf8("ST"));
        assertThat(text.take()).isEmpty();
        text.append(utf8("AR"));
        assertThat(text.take()).isEqualTo("STAR");
        text.append(utf8("ST"));
        assertThat(text.takeRest()).isEqualTo("ST");
    }

    @Test
    void theEarliestStopStringWins() {
        TextAssembler text = new TextAssembler(List.of("late", "l"), 0);
        text.append(utf8("a late b"));
        assertThat(text.take()).isEqualTo("a ");
        assertThat(text.stopped()).isPresent();
    }

    @Test
    void aLineThatIsIndentedTooLittleEndsTheText() {
        TextAssembler text = new TextAssembler(List.of(), 4);
        text.append(utf8("if x:\n    y\n"));
        assertThat(text.shallowLine()).isFalse();
        text.append(utf8("  z"));
        assertThat(text.shallowLine()).isTrue();
        assertThat(text.takeRest()).isEqualTo("if x:\n    y\n  ");
        assertThat(text.hasNewline()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15})
    void cutAnywhereItSaysTheSame(long seed) {
        Random random = new Random(seed);
        String[] alphabet = {"a", "b", "é", "漢", "😀", "\n", " "};
        for (int round = 0; round < 500; round++) {
            StringBuilder whole = new StringBuilder();
            random.ints(1 + random.nextInt(20), 0, alphabet.length).forEach(i -> whole.append(alphabet[i]));
            String stop = alphabet[random.nextInt(alphabet.length)] + alphabet[random.nextInt(alphabet.length)];
            TextAssembler text = new TextAssembler(List.of(stop), 0);
            StringBuilder said = new StringBuilder();
            byte[] bytes = utf8(whole.toString());
            for (int from = 0; from < bytes.length && text.stopped().isEmpty(); ) {
                int to = Math.min(bytes.length, from + 1 + random.nextInt(4));
                text.append(java.util.Arrays.copyOfRange(bytes, from, to));
                said.append(text.take());
                from = to;
            }
            said.append(text.takeRest());
            int end = whole.indexOf(stop);
            assertThat(said.toString())
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(end < 0 ? whole.toString() : whole.substring(0, end));
        }
    }
}
