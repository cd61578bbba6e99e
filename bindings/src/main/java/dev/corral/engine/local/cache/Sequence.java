package dev.corral.engine.local.cache;

import dev.corral.engine.local.cache.PrefixTree.Path;

/** Tokens in the KV cache under one sequence id. Changed only by {@link Cells}; the engine thread's. */
public final class Sequence {

    private int id;
    private Path path;
    private long lastUsed;

    Sequence(int id, Path path) {
        this.id = id;
        this.path = path;
    }

    public int id() {
        return id;
    }

    /** Whose prefixes it is among. */
    public PrefixSpace space() {
        return path.space();
    }

    Path path() {
        return path;
    }

    /** Tokens it holds. */
    public int length() {
        return path.length();
    }

    /** The position of its next token: its length, but for images whose positions have several axes. */
    public int position() {
        return path.position();
    }

    /** Its tokens, copied. */
    public int[] tokens() {
        return path.tokens();
    }

    /** When it was used last, on the cache's own clock. */
    long lastUsed() {
        return lastUsed;
    }

    void usedAt(long time) {
        lastUsed = time;
    }

    void become(int newId, Path newPath) {
        id = newId;
        path = newPath;
    }
}
