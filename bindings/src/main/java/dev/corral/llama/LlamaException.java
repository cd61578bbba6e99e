package dev.corral.llama;

/** What llama.cpp refused or failed at. The message is for an operator: it may hold paths and native detail. */
public final class LlamaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Code {
        /** The input is wrong: a malformed grammar, schema, template, message or batch. */
        INVALID_ARGUMENT,
        /** The KV cache has no room for the batch. */
        NO_SPACE,
        /** Stopped by {@link Context#requestAbort}. */
        ABORTED,
        /** No memory, the host's or the device's. */
        OUT_OF_MEMORY,
        /** Anything else. */
        FAILED,
        /** The progress callback asked for loading to stop. */
        CANCELLED,
        /** The native library is missing, can't be loaded, or is not the one that these bindings were made for. */
        LIBRARY
    }

    private final Code code;

    public LlamaException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public LlamaException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }
}
