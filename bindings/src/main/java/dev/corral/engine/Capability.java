package dev.corral.engine;

/** What a model can do. */
public enum Capability {
    /** Continue a text. */
    GENERATE,
    /** Make vectors of texts. */
    EMBED,
    /** Score how well a document answers a query. */
    RERANK,
    /** Take images in a prompt. */
    SEE,
    /** Take sound in a prompt. */
    HEAR
}
