package dev.corral.server.http;

import dev.corral.engine.EngineError;
import java.util.Optional;

/**
 * Why a request was not answered, before a dialect puts it in its own words.
 *
 * @param kind what went wrong; decides the HTTP status
 * @param message one sentence for the person who sent the request
 * @param field the field of the request that is to blame, when one is
 * @param cause the engine's own error, when it comes from there
 */
public record ApiError(Kind kind, String message, Optional<String> field, Optional<EngineError> cause) {

    /** What went wrong, with the HTTP status that says so. */
    public enum Kind {
        INVALID(400),
        CONTEXT_EXCEEDED(400),
        UNAUTHENTICATED(401),
        FORBIDDEN(403),
        NOT_FOUND(404),
        UNKNOWN_MODEL(404),
        METHOD_NOT_ALLOWED(405),
        BODY_TOO_LARGE(413),
        URI_TOO_LONG(414),
        HEADERS_TOO_LARGE(431),
        FAULT(500),
        UNSUPPORTED(501),
        BUSY(503),
        UNAVAILABLE(503),
        TIMED_OUT(504),
        HTTP_VERSION(505);

        private final int status;

        Kind(int status) {
            this.status = status;
        }

        /** The HTTP status code. */
        public int status() {
            return status;
        }
    }

    public static ApiError of(Kind kind, String message) {
        return new ApiError(kind, message, Optional.empty(), Optional.empty());
    }

    public static ApiError of(EngineError error) {
        Kind kind = switch (error) {
            case EngineError.Invalid _ -> Kind.INVALID;
            case EngineError.ContextExceeded _, EngineError.InputTooLong _ -> Kind.CONTEXT_EXCEEDED;
            case EngineError.Busy _ -> Kind.BUSY;
            case EngineError.DeadlineExceeded _ -> Kind.TIMED_OUT;
            case EngineError.Closed _, EngineError.EngineDied _, EngineError.Restarting _ -> Kind.UNAVAILABLE;
            case EngineError.Quarantined _ -> Kind.INVALID;
            case EngineError.Unsupported _ -> Kind.UNSUPPORTED;
            case EngineError.Internal _ -> Kind.FAULT;
        };
        Optional<String> field = switch (error) {
            case EngineError.Invalid invalid -> Optional.of(invalid.field());
            case EngineError.InputTooLong tooLong -> Optional.of(tooLong.field());
            default -> Optional.empty();
        };
        return new ApiError(kind, error.message(), field, Optional.of(error));
    }
}
