package dev.corral.gguf;

import java.util.Locale;

/**
 * The texts of a vocabulary's tokens, as llama.cpp will see them: up to the first NUL, and those that are empty then
 * under a made-up name. Texts are compared where they are in the file.
 */
final class TokenTexts {

    private final Bytes bytes;
    private final int[] positions;
    private final int[] lengths;
    private int count;

    TokenTexts(Value.Array tokens) {
        this.bytes = tokens.bytes();
        this.positions = new int[tokens.length()];
        this.lengths = new int[tokens.length()];
        tokens.forEachString((position, length) -> {
            positions[count] = position;
            lengths[count] = bytes.untilNul(position, length);
            count++;
        });
    }

    String text(int token) {
        return lengths[token] == 0
                ? String.format(Locale.ROOT, "[EMPTY_%d]", token)
                : bytes.text(positions[token], lengths[token]);
    }

    /** A token whose text an earlier one has too; -1 when all differ. */
    int firstRepeated() {
        int slots = Integer.highestOneBit(Math.max(1, count)) << 2;
        long[] table = new long[slots];
        for (int token = 0; token < count; token++) {
            if (lengths[token] == 0) {
                continue;
            }
            long hash = bytes.hash(positions[token], lengths[token]);
            int slot = (int) hash & slots - 1;
            while (table[slot] != 0) {
                int other = (int) table[slot] - 1;
                if (table[slot] >>> 32 == hash >>> 32 && same(other, token)) {
                    return token;
                }
                slot = slot + 1 & slots - 1;
            }
            table[slot] = hash >>> 32 << 32 | token + 1;
        }
        return -1;
    }

    private boolean same(int first, int second) {
        return lengths[first] == lengths[second] && bytes.equal(positions[first], positions[second], lengths[first]);
    }
}
