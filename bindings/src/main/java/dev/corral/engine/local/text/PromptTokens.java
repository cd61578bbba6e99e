package dev.corral.engine.local.text;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.llama.Vocabulary;
import java.util.stream.IntStream;

/** Prompts as tokens of a vocabulary. Thread-safe; runs on a text thread. */
public final class PromptTokens {

    private final Vocabulary vocabulary;

    public PromptTokens(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /**
     * The tokens of a prompt, none for an empty one.
     *
     * @param field what the request calls it
     * @throws InvalidRequestException when a token does not exist
     */
    public int[] of(String field, Prompt prompt) {
        return switch (prompt) {
            case Prompt.Text(String text, boolean addSpecial, boolean parseSpecial) ->
                tokens(field, text, addSpecial, parseSpecial);
            case Prompt.Ids(Tokens tokens) -> {
                check(field, tokens);
                yield tokens.toArray();
            }
            case Prompt.Media _ ->
                throw new InvalidRequestException(field, "an image or sound", "must be text or tokens here");
            case Prompt.Parts parts -> joined(field, parts);
        };
    }

    private int[] joined(String field, Prompt.Parts parts) {
        IntStream.Builder all = IntStream.builder();
        boolean first = true;
        for (Prompt part : parts.parts()) {
            int[] tokens = part instanceof Prompt.Text(String text, boolean addSpecial, boolean parseSpecial)
                    ? tokens(field, text, addSpecial && first, parseSpecial)
                    : of(field, part);
            IntStream.of(tokens).forEach(all);
            first = false;
        }
        return all.build().toArray();
    }

    private int[] tokens(String field, String text, boolean addSpecial, boolean parseSpecial) {
        UnbrokenRuns.check(field, text, vocabulary);
        return vocabulary.tokenize(text, addSpecial, parseSpecial);
    }

    public void check(String field, Tokens tokens) {
        tokens.stream().forEach(token -> check(field, token));
    }

    public void check(String field, int token) {
        if (token < 0 || token >= vocabulary.size()) {
            throw new InvalidRequestException(
                    field, "the token id " + token, "must have token ids between 0 and " + (vocabulary.size() - 1));
        }
    }
}
