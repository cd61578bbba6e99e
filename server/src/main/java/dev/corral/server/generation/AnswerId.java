package dev.corral.server.generation;

import java.security.SecureRandom;

/** Names of answers and of their parts, which no two have. */
public final class AnswerId {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int LENGTH = 32;

    private AnswerId() {}

    /** A new one, with a prefix that says what it names. */
    public static String random(String prefix) {
        StringBuilder id = new StringBuilder(prefix);
        RANDOM.ints(LENGTH, 0, ALPHABET.length()).forEach(i -> id.append(ALPHABET.charAt(i)));
        return id.toString();
    }
}
