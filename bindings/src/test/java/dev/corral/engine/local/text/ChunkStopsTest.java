package dev.corral.engine.local.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkStopsTest {

    private static ChunkStops after(int chunk, List<String> stops, String... pieces) {
        ChunkStops found = new ChunkStops(stops, chunk);
        for (String piece : pieces) {
            found.add(piece.getBytes(StandardCharsets.UTF_8));
        }
        return found;
    }

    @Test
    void theTextHasToEndWithIt() {
        assertThat(after(1, List.of("###"), "one", "##", "#").stopped()).contains("###");
        assertThat(after(1, List.of("###"), "one ###").stopped()).contains("###");
        assertThat(after(1, List.of("###"), "one", "###\n").stopped()).isEmpty();
        assertThat(after(1, List.of("###"), "one", "##").stopped()).isEmpty();
        assertThat(after(1, List.of(), "one").stopped()).isEmpty();
    }

    @Test
    void itIsLookedForWhereAChunkEnds() {
        assertThat(after(2, List.of("\n"), "\n", "one", "two", "\n").stopped()).contains("\n");
        assertThat(after(2, List.of("\n"), "one", "two", "\n").stopped()).isEmpty();
        assertThat(after(2, List.of("\n"), "\n", "one").stopped()).isEmpty();
    }

    @Test
    void theFirstOfSeveralIsNamed() {
        assertThat(after(1, List.of("b", "ab"), "a", "b").stopped()).contains("b");
        assertThat(after(1, List.of("ab", "b"), "a", "b").stopped()).contains("ab");
    }

    @Test
    void aCharacterMaySpanTokens() {
        byte[] smile = "😀".getBytes(StandardCharsets.UTF_8);
        ChunkStops found = new ChunkStops(List.of("😀"), 1);
        for (byte b : smile) {
            assertThat(found.stopped()).isEmpty();
            found.add(new byte[] {b});
        }
        assertThat(found.stopped()).contains("😀");
    }
}
