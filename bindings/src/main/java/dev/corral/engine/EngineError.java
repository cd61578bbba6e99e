package dev.corral.engine;

import java.time.Duration;

/** Why an engine did not do what it was asked. */
public sealed interface EngineError {

    /** One sentence for the person who sent the request; never native text with addresses or paths. */
    String message();

    /**
     * A field of the request can't have the value it has.
     *
     * @param field the engine's name of the field, such as {@code temperature}
     * @param value the offending value, shortened
     * @param rule what it must be, as in "must be between 0 and 1"
     */
    record Invalid(String field, String value, String rule) implements EngineError {

        private static final int SHOWN = 80;

        public Invalid {
            value = value.length() <= SHOWN ? value : value.substring(0, end(value)) + "…";
        }

        /** Not between the halves of one character. */
        private static int end(String value) {
            return Character.isHighSurrogate(value.charAt(SHOWN - 1)) ? SHOWN - 1 : SHOWN;
        }

        @Override
        public String message() {
            return "'" + field + "' " + rule + ", but is " + value;
        }
    }

    /** The prompt alone does not fit the context. Sizes are tokens. */
    record ContextExceeded(int promptTokens, int contextSize) implements EngineError {
        @Override
        public String message() {
            return "the prompt has " + promptTokens + " tokens, but the context holds " + contextSize
                    + " and one must remain for the answer";
        }
    }

    /** An input is longer than the model, or a request here, can take. Sizes are tokens. */
    record InputTooLong(String field, int tokens, int limit) implements EngineError {
        @Override
        public String message() {
            return "'" + field + "' has " + tokens + " tokens, but may have " + limit + " at most";
        }
    }

    /** The queue is full; nothing was queued. */
    record Busy(int queued, Duration retryAfter) implements EngineError {
        @Override
        public String message() {
            return "the queue has no room for this request behind " + queued + " that wait; try again later";
        }
    }

    /** The request's deadline passed before it was finished. */
    record DeadlineExceeded(Duration deadline) implements EngineError {
        @Override
        public String message() {
            return "not finished within " + deadline.toMillis() + " ms";
        }
    }

    /** The engine was closed. */
    record Closed() implements EngineError {
        @Override
        public String message() {
            return "the model is being unloaded";
        }
    }

    /** The process that ran the model ended, by a fault or from outside, while the request was in it. */
    record EngineDied() implements EngineError {
        @Override
        public String message() {
            return "the model's process ended while this request was in it";
        }
    }

    /** The model is being loaded again after its process ended. */
    record Restarting(Duration retryAfter) implements EngineError {
        @Override
        public String message() {
            return "the model is being loaded again after a fault; try again later";
        }
    }

    /** The request was there each time that the model's process ended, and is not run again. */
    record Quarantined(int deaths) implements EngineError {
        @Override
        public String message() {
            return "this request was there each of the " + deaths
                    + " times that the model's process ended, and is not run again";
        }
    }

    /** The model lacks what was asked for, such as a chat template. */
    record Unsupported(String message) implements EngineError {}

    /** A fault of ours or of the native library; the log has the cause. */
    record Internal(String message) implements EngineError {}
}
