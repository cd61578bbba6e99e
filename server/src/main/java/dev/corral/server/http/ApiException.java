package dev.corral.server.http;

/** An {@link ApiError}, thrown. */
public final class ApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient ApiError error;

    public ApiException(ApiError error) {
        super(error.message());
        this.error = error;
    }

    public ApiException(ApiError.Kind kind, String message) {
        this(ApiError.of(kind, message));
    }

    public ApiError error() {
        return error;
    }
}
