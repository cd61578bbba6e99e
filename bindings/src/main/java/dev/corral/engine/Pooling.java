package dev.corral.engine;

/** How the vectors of a text's tokens become one. */
public enum Pooling {
    /** What the model's makers meant; the mean where they said nothing. */
    MODEL,
    /** They don't: one vector a token. */
    NONE,
    /** Their mean. */
    MEAN,
    /** The first token's. */
    CLS,
    /** The last token's. */
    LAST,
    /** A reranker's scores in place of a vector. */
    RANK
}
