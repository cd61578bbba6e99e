package dev.corral.server.ollama;

import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.InfillPrompt;

/** What a request wants answered. */
sealed interface Input {

    /** Nothing: the client wants the model to be loaded, which it is. */
    record Nothing() implements Input {}

    /** A text that is a prompt as it stands. */
    record Raw(Prompt prompt) implements Input {}

    /** A text with a gap that the answer fills. */
    record Gap(InfillPrompt gap) implements Input {}

    /** A conversation that the model's template makes a prompt of. */
    record Templated(ChatPrompt conversation) implements Input {}

    /**
     * A question that comes after an earlier answer.
     *
     * @param context the tokens of all before; may be none
     * @param question without images
     */
    record After(Tokens context, ChatPrompt question) implements Input {}
}
