package dev.corral.engine.local.media;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/**
 * What stands for an image or sound among the tokens of a sequence: one negative number for each of its cells. They are a
 * digest of what was encoded and of what encoded it, so equal media are equal tokens, in another process too, and
 * whatever compares tokens (the prefix tree, saved states) finds media like text.
 *
 * <p>Bits: 31 is set, which no token of a vocabulary has; 30 says whether the position moves on, since where positions
 * have several axes an image takes fewer of them than cells; 29 marks the beginning of a run; the others are the digest.
 *
 * <p>A run is computed, kept and found as a whole or not at all.
 */
public final class MediaTokens {

    private static final int MEDIA = 1 << 31;
    private static final int MOVES = 1 << 30;
    private static final int BEGINS = 1 << 29;
    private static final int DIGEST = BEGINS - 1;

    /** A shorter run holds too little of the digest to be told from another by it, and is equal to none. */
    private static final int TELLING = 5;

    private static final SecureRandom RANDOM = new SecureRandom();

    private MediaTokens() {}

    /**
     * The run of a chunk.
     *
     * @param origin what says all that its embeddings depend on
     * @param length its cells
     * @param positions its positions, at most its length
     */
    static int[] run(String origin, int length, int positions) {
        String seed = length < TELLING ? origin + RANDOM.nextLong() : origin;
        int[] tokens = new int[length];
        ByteBuffer block = ByteBuffer.allocate(0);
        for (int i = 0; i < length; i++) {
            if (!block.hasRemaining()) {
                block = ByteBuffer.wrap(sha256(seed + '|' + length + '|' + positions + '|' + i));
            }
            tokens[i] = MEDIA | (i < positions ? MOVES : 0) | (i == 0 ? BEGINS : 0) | (block.getInt() & DIGEST);
        }
        return tokens;
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Whether it stands for media. */
    static boolean isMedia(int token) {
        return token < 0;
    }

    /** The last place up to {@code length} that is not within a run. */
    public static int boundary(int[] tokens, int length) {
        int boundary = length;
        while (boundary > 0 && boundary < tokens.length && isWithin(tokens[boundary])) {
            boundary--;
        }
        return boundary;
    }

    private static boolean isWithin(int token) {
        return isMedia(token) && (token & BEGINS) == 0;
    }

    /** How many of these tokens leave the position where it is. */
    public static int still(int[] tokens, int offset, int count) {
        int still = 0;
        for (int i = offset; i < offset + count; i++) {
            still += isMedia(tokens[i]) && (tokens[i] & MOVES) == 0 ? 1 : 0;
        }
        return still;
    }
}
