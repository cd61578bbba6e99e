package dev.corral.engine.local.cache;

/** Tokens in the KV cache under one sequence id. Changed only by {@link Cells}; the engine thread's. */
public final class Sequence {

    private int id;
    private PrefixPath path;

    Sequence(int id, PrefixPath path) {
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

    PrefixPath path() {
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

    void become(int newId, PrefixPath newPath) {
        id = newId;
        path = newPath;
    }
}
