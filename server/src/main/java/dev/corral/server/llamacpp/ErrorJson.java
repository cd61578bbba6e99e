package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Json;

/** Errors as llama-server tells them: {@code {"error": {"code": 400, "message": "…", "type": "…"}}}. */
final class ErrorJson {

    private ErrorJson() {}

    static ObjectNode of(ApiError error) {
        ObjectNode body = Json.object();
        ObjectNode details = body.putObject("error")
                .put("code", error.kind().status())
                .put("message", error.message())
                .put("type", type(error.kind()));
        error.excess()
                .ifPresent(excess ->
                        details.put("n_prompt_tokens", excess.tokens()).put("n_ctx", excess.limit()));
        return body;
    }

    private static String type(ApiError.Kind kind) {
        return switch (kind) {
            case INVALID,
                    NOT_UPGRADED,
                    BODY_TOO_LARGE,
                    URI_TOO_LONG,
                    HEADERS_TOO_LARGE,
                    METHOD_NOT_ALLOWED,
                    REQUEST_TIMED_OUT,
                    HTTP_VERSION -> "invalid_request_error";
            case RATE_LIMITED -> "rate_limit_error";
            case CONTEXT_EXCEEDED -> "exceed_context_size_error";
            case UNAUTHENTICATED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case NOT_FOUND, UNKNOWN_MODEL -> "not_found_error";
            case FAULT -> "server_error";
            case UNSUPPORTED -> "not_supported_error";
            case BUSY, UNAVAILABLE, TIMED_OUT -> "unavailable_error";
        };
    }
}
