package dev.corral.server.http;

import dev.corral.engine.EngineError;
import java.time.Duration;
import java.util.Optional;

/**
 * Why a request was not answered, before a dialect puts it in its own words.
 *
 * @param kind what went wrong; decides the HTTP status
 * @param message one sentence for the person who sent the request
 * @param field the field of the request that is to blame, when one is
 * @param cause the engine's own error, when it comes from there
 * @param retryAfter when it may be worth to try again; empty for never
 */
public record ApiError(
        Kind kind, String message, Optional<String> field, Optional<EngineError> cause, Optional<Duration> retryAfter) {

    private static final Duration SOON = Duration.ofSeconds(1);

    /** What went wrong, with the HTTP status that says so. */
    public enum Kind {
        INVALID(400),
        CONTEXT_EXCEEDED(400),
        NOT_UPGRADED(400),
        UNAUTHENTICATED(401),
        FORBIDDEN(403),
        NOT_FOUND(404),
        UNKNOWN_MODEL(404),
        METHOD_NOT_ALLOWED(405),
        REQUEST_TIMED_OUT(408),
        BODY_TOO_LARGE(413),
        URI_TOO_LONG(414),
        RATE_LIMITED(429),
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
        boolean passes = kind == Kind.BUSY || kind == Kind.UNAVAILABLE;
        return new ApiError(
                kind, message, Optional.empty(), Optional.empty(), passes ? Optional.of(SOON) : Optional.empty());
    }

    /** One caller asked too often, or for too much; {@code retryAfter} says when that will be over. */
    public static ApiError rateLimited(String message, Duration retryAfter) {
        return new ApiError(Kind.RATE_LIMITED, message, Optional.empty(), Optional.empty(), Optional.of(retryAfter));
    }

    public static ApiError of(EngineError error) {
        return switch (error) {
            case EngineError.Invalid(String field, String value, String rule) ->
                new ApiError(
                        Kind.INVALID,
                        new EngineError.Invalid(field, value, NativeText.scrubbed(rule)).message(),
                        Optional.of(field),
                        Optional.of(error),
                        Optional.empty());
            case EngineError.ContextExceeded _ -> of(Kind.CONTEXT_EXCEEDED, error);
            case EngineError.InputTooLong tooLong ->
                of(Kind.CONTEXT_EXCEEDED, error).about(tooLong.field());
            case EngineError.Busy busy -> of(Kind.BUSY, error, busy.retryAfter());
            case EngineError.DeadlineExceeded _ -> of(Kind.TIMED_OUT, error);
            case EngineError.Closed _, EngineError.EngineDied _ -> of(Kind.UNAVAILABLE, error, SOON);
            case EngineError.Restarting restarting -> of(Kind.UNAVAILABLE, error, restarting.retryAfter());
            case EngineError.Quarantined _ -> of(Kind.INVALID, error);
            case EngineError.Unsupported _ -> of(Kind.UNSUPPORTED, error);
            case EngineError.Internal _ -> of(Kind.FAULT, error);
        };
    }

    /** A text that is too long for the model. */
    public record Excess(int tokens, int limit) {}

    /** Which length was too much, where one was. */
    public Optional<Excess> excess() {
        return cause.flatMap(error -> switch (error) {
            case EngineError.ContextExceeded context ->
                Optional.of(new Excess(context.promptTokens(), context.contextSize()));
            case EngineError.InputTooLong input -> Optional.of(new Excess(input.tokens(), input.limit()));
            default -> Optional.empty();
        });
    }

    /** The same, with a field of the request to blame. */
    public ApiError about(String blamed) {
        return new ApiError(kind, message, Optional.of(blamed), cause, retryAfter);
    }

    private static ApiError of(Kind kind, EngineError error) {
        return new ApiError(
                kind, NativeText.scrubbed(error.message()), Optional.empty(), Optional.of(error), Optional.empty());
    }

    private static ApiError of(Kind kind, EngineError error, Duration retryAfter) {
        return new ApiError(kind, error.message(), Optional.empty(), Optional.of(error), Optional.of(retryAfter));
    }
}
