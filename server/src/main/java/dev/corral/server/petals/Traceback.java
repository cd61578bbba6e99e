package dev.corral.server.petals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Json;
import java.util.regex.Pattern;

/**
 * Errors as Petals tells them: {@code {"ok": false, "traceback": "…"}}, the end of which names a Python exception. Clients
 * look for some of its texts, so these are the original's.
 */
final class Traceback {

    /** What a client takes for a lack of room, to come back later. */
    private static final String NO_ROOM = "RuntimeError: attention cache is full: ";

    private static final Pattern PYTHON = Pattern.compile("[A-Z]\\w*(Error|Exception): .*", Pattern.DOTALL);

    private Traceback() {}

    /** An error in the original's words. */
    static ApiException raise(String exception, String message) {
        return new ApiException(ApiError.Kind.INVALID, exception + ": " + message);
    }

    /** A value as Python shows it. */
    static String quoted(String value) {
        return "'" + value + "'";
    }

    static ObjectNode of(ApiError error) {
        return Json.object()
                .put("ok", false)
                .put("traceback", "Traceback (most recent call last):\n  ...\n" + lastLine(error) + "\n");
    }

    /** What was thrown while a request was answered. */
    static ApiError errorOf(RuntimeException thrown) {
        return switch (thrown) {
            case ApiException known -> known.error();
            case EngineException known -> ApiError.of(known.error());
            default -> ApiError.of(ApiError.Kind.FAULT, "a fault in the server; its log has it");
        };
    }

    private static String lastLine(ApiError error) {
        String message = error.message();
        if (PYTHON.matcher(message).matches()) {
            return message;
        }
        return switch (error.kind()) {
            case BUSY -> NO_ROOM + message;
            case RATE_LIMITED, UNAVAILABLE, FAULT -> "RuntimeError: " + message;
            case TIMED_OUT -> "TimeoutError: " + message;
            case UNSUPPORTED -> "NotImplementedError: " + message;
            case UNKNOWN_MODEL -> "KeyError: " + message;
            case CONTEXT_EXCEEDED ->
                error.cause().orElse(null) instanceof EngineError.ContextExceeded(int tokens, int size)
                        ? Session.tooLong(0, tokens, size - 1)
                        : "ValueError: " + message;
            default -> "ValueError: " + message;
        };
    }
}
