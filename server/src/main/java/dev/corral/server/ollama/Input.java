package dev.corral.server.ollama;

import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.engine.Tokens;

/** What a request wants answered. */
sealed interface Input {

    /** Nothing: the client wants the model to be loaded, which it is. */
    record Nothing() implements Input {}

    /** A text that is a prompt as it stands. */
    record Raw(String prompt) implements Input {}

    /** A conversation that the model's template makes a prompt of. */
    record Templated(ApplyTemplate conversation) implements Input {}

    /**
     * A question that comes after an earlier answer.
     *
     * @param context the tokens of all before; may be none
     */
    record After(Tokens context, ApplyTemplate question) implements Input {}
}
