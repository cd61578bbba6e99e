package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Json;
import org.jspecify.annotations.Nullable;

/** Errors as OpenAI tells them: {@code {"error": {"message": "…", "type": "…", "param": …, "code": …}}}. */
final class ErrorJson {

    private ErrorJson() {}

    static ObjectNode of(ApiError error) {
        ObjectNode body = Json.object();
        ObjectNode details = body.putObject("error")
                .put("message", error.message())
                .put("type", type(error.kind()))
                .put("param", param(error))
                .put("code", code(error.kind()));
        error.excess()
                .ifPresent(excess ->
                        details.put("n_prompt_tokens", excess.tokens()).put("n_ctx", excess.limit()));
        return body;
    }

    private static String type(ApiError.Kind kind) {
        return switch (kind) {
            case UNAUTHENTICATED -> "authentication_error";
            case FORBIDDEN -> "permission_error";
            case FAULT -> "server_error";
            case RATE_LIMITED -> "rate_limit_error";
            case UNSUPPORTED -> "not_supported_error";
            case BUSY, UNAVAILABLE, TIMED_OUT -> "unavailable_error";
            default -> "invalid_request_error";
        };
    }

    private static @Nullable String param(ApiError error) {
        return switch (error.kind()) {
            case UNKNOWN_MODEL -> "model";
            default -> error.field().orElse(null);
        };
    }

    private static String code(ApiError.Kind kind) {
        return switch (kind) {
            case INVALID -> "invalid_value";
            case CONTEXT_EXCEEDED -> "context_length_exceeded";
            case UNAUTHENTICATED -> "invalid_api_key";
            case FORBIDDEN -> "forbidden";
            case NOT_FOUND -> "not_found";
            case UNKNOWN_MODEL -> "model_not_found";
            case METHOD_NOT_ALLOWED -> "method_not_allowed";
            case BODY_TOO_LARGE, URI_TOO_LONG, HEADERS_TOO_LARGE -> "request_too_large";
            case REQUEST_TIMED_OUT -> "request_timeout";
            case RATE_LIMITED -> "rate_limit_exceeded";
            case FAULT -> "internal_error";
            case UNSUPPORTED -> "unsupported";
            case BUSY -> "server_busy";
            case UNAVAILABLE -> "unavailable";
            case TIMED_OUT -> "timeout";
            case HTTP_VERSION -> "http_version";
            case NOT_UPGRADED -> "not_upgraded";
        };
    }
}
