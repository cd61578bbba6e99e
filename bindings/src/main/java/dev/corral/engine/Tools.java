package dev.corral.engine;

import java.util.Optional;

/**
 * Functions that a model may call.
 *
 * @param json JSON array of functions in OpenAI's shape
 * @param choice whether it must
 * @param parallel whether one answer may call several; empty for what the chat template is made for
 */
public record Tools(String json, Choice choice, Optional<Boolean> parallel) {

    /** Whether an answer calls tools. */
    public enum Choice {
        /** As the model likes. */
        AUTO,
        /** At least one. */
        REQUIRED,
        /** None; the model is told of them all the same. */
        NONE
    }
}
