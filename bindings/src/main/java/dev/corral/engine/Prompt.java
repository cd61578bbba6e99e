package dev.corral.engine;

import java.util.List;

/** What to continue. */
public sealed interface Prompt {

    /**
     * Text to tokenize.
     *
     * @param addSpecial begin with the model's BOS token (and end with EOS) where the model asks for it
     * @param parseSpecial read the names of control tokens in the text as those tokens
     */
    record Text(String text, boolean addSpecial, boolean parseSpecial) implements Prompt {}

    /** Tokens, taken as they are. */
    record Ids(Tokens tokens) implements Prompt {}

    /** Texts and tokens one after the other; special tokens are added to the first part only if it is a text. */
    record Parts(List<Prompt> parts) implements Prompt {
        public Parts {
            parts = List.copyOf(parts);
            if (parts.stream().anyMatch(Parts.class::isInstance)) {
                throw new InvalidRequestException("prompt", "parts within parts", "must be text or tokens");
            }
        }
    }

    /** Text as a prompt is normally written: with the model's BOS token, control tokens read as such. */
    static Prompt text(String text) {
        return new Text(text, true, true);
    }

    static Prompt tokens(int... ids) {
        return new Ids(Tokens.of(ids));
    }
}
