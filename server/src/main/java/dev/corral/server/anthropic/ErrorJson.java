package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Json;

/** Errors as Anthropic tells them: {@code {"type": "error", "error": {"type": "…", "message": "…"}}}. */
final class ErrorJson {

    private static final int OVERLOADED = 529;

    private ErrorJson() {}

    static ObjectNode of(ApiError error) {
        ObjectNode body = Json.object().put("type", "error");
        body.putObject("error").put("type", type(error.kind())).put("message", error.message());
        return body;
    }

    /** Anthropic has a status of its own for a full server, and none for what a server can't do. */
    static int status(ApiError.Kind kind) {
        return switch (kind) {
            case BUSY -> OVERLOADED;
            case UNSUPPORTED -> ApiError.Kind.INVALID.status();
            default -> kind.status();
        };
    }

    private static String type(ApiError.Kind kind) {
        return switch (kind) {
            case UNAUTHENTICATED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case NOT_FOUND, UNKNOWN_MODEL -> "not_found_error";
            case BODY_TOO_LARGE -> "request_too_large";
            case RATE_LIMITED -> "rate_limit_error";
            case BUSY -> "overloaded_error";
            case TIMED_OUT -> "timeout_error";
            case FAULT, UNAVAILABLE -> "api_error";
            case INVALID,
                    NOT_UPGRADED,
                    CONTEXT_EXCEEDED,
                    METHOD_NOT_ALLOWED,
                    REQUEST_TIMED_OUT,
                    URI_TOO_LONG,
                    HEADERS_TOO_LARGE,
                    UNSUPPORTED,
                    HTTP_VERSION -> "invalid_request_error";
        };
    }
}
