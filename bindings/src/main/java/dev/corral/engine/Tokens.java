package dev.corral.engine;

import java.util.Arrays;
import java.util.stream.IntStream;

/** An immutable run of token ids. */
public final class Tokens {

    public static final Tokens EMPTY = new Tokens(new int[0]);

    private final int[] ids;

    private Tokens(int[] ids) {
        this.ids = ids;
    }

    public static Tokens of(int... ids) {
        return ids.length == 0 ? EMPTY : new Tokens(ids.clone());
    }

    /** The {@code length} ids from {@code offset} on, copied. */
    public static Tokens of(int[] ids, int offset, int length) {
        return length == 0 ? EMPTY : new Tokens(Arrays.copyOfRange(ids, offset, offset + length));
    }

    public int size() {
        return ids.length;
    }

    public boolean isEmpty() {
        return ids.length == 0;
    }

    public int get(int index) {
        return ids[index];
    }

    public boolean contains(int id) {
        for (int each : ids) {
            if (each == id) {
                return true;
            }
        }
        return false;
    }

    public int[] toArray() {
        return ids.clone();
    }

    public IntStream stream() {
        return Arrays.stream(ids);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Tokens tokens && Arrays.equals(ids, tokens.ids);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }

    @Override
    public String toString() {
        return Arrays.toString(ids);
    }
}
