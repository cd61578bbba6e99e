package dev.corral.llama;

/** How a decode ended that did not fail. */
public enum DecodeResult {
    /** The batch is in the KV memory, and its outputs can be read. */
    DECODED,
    /** The KV memory has no room for the batch; nothing was changed. */
    NO_SPACE,
    /** Stopped by {@link Context#requestAbort}; micro-batches that were done before stay in the KV memory. */
    ABORTED
}
