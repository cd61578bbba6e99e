package dev.corral.engine;

/** A request's field has a value that it may not have. Thrown by the constructors of requests. */
public final class InvalidRequestException extends EngineException {

    private static final long serialVersionUID = 1L;

    public InvalidRequestException(String field, String value, String rule) {
        super(new EngineError.Invalid(field, value, rule));
    }
}
