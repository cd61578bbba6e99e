package dev.corral.server.worker;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import dev.corral.llama.LlamaException;
import java.util.Objects;
import java.util.Optional;

/**
 * Why a model could not be loaded, so that the front says what the engine said: with its errors and llama.cpp's as they
 * were, and anything else as an {@link IllegalStateException} with the same message.
 *
 * @param error when it was an engine's error
 * @param code when it was llama.cpp's
 */
public record LoadFailure(Optional<EngineError> error, Optional<LlamaException.Code> code, String message) {

    static LoadFailure of(Throwable thrown) {
        String message = Objects.requireNonNullElse(thrown.getMessage(), thrown.toString());
        return switch (thrown) {
            case EngineException e -> new LoadFailure(Optional.of(e.error()), Optional.empty(), message);
            case LlamaException e -> new LoadFailure(Optional.empty(), Optional.of(e.code()), message);
            default -> new LoadFailure(Optional.empty(), Optional.empty(), message);
        };
    }

    RuntimeException toException() {
        if (error.isPresent()) {
            return exception(error.get());
        }
        return code.isPresent() ? new LlamaException(code.get(), message) : new IllegalStateException(message);
    }

    /** An error as an engine in this process would throw it. */
    static EngineException exception(EngineError error) {
        return error instanceof EngineError.Invalid(String field, String value, String rule)
                ? new InvalidRequestException(field, value, rule)
                : new EngineException(error);
    }
}
