package dev.corral.engine;

/** Why a completion ended. */
public enum FinishReason {
    /** The model ended its answer. */
    END_OF_TEXT,
    /** One of the request's stop strings appeared; it is not part of the text. */
    STOP_STRING,
    /** As many tokens, or as much time, as the request allowed. */
    LIMIT,
    /** The context is full. */
    CONTEXT_FULL,
    /** The client cancelled it. */
    CANCELLED
}
