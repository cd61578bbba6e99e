package dev.corral.engine;

/** An {@link EngineError}, thrown. */
public sealed class EngineException extends RuntimeException permits InvalidRequestException {

    private static final long serialVersionUID = 1L;

    private final transient EngineError error;

    public EngineException(EngineError error) {
        super(error.message());
        this.error = error;
    }

    public EngineError error() {
        return error;
    }
}
