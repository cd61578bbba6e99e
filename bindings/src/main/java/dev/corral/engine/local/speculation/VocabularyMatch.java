package dev.corral.engine.local.speculation;

import dev.corral.llama.Vocabulary;
import org.jspecify.annotations.Nullable;

/** Whether the tokens of two models mean the same, so that one can draft for the other. */
final class VocabularyMatch {

    /** How far the sizes of the vocabularies may be apart, and the first token that must be the same: llama.cpp's. */
    private static final int MOST_MISSING = 128;

    private static final int FIRST_COMPARED = 5;

    private VocabularyMatch() {}

    /** @throws IllegalArgumentException when drafts of one model mean nothing to the other */
    static void require(Vocabulary target, Vocabulary draft) {
        @Nullable String difference = difference(target, draft);
        if (difference != null) {
            throw new IllegalArgumentException("the draft model has another vocabulary than the model: " + difference);
        }
    }

    /** As llama.cpp has it: the same kind, the same ends, and the same text for each token but the first few. */
    private static @Nullable String difference(Vocabulary target, Vocabulary draft) {
        if (target.type() != draft.type()) {
            return "it is of type " + draft.type() + ", the model's of type " + target.type();
        }
        if (target.addsBos() != draft.addsBos()
                || (target.addsBos() && !target.bos().equals(draft.bos()))) {
            return "its texts begin with another token";
        }
        if (target.addsEos() != draft.addsEos()
                || (target.addsEos() && !target.eos().equals(draft.eos()))) {
            return "its texts end with another token";
        }
        if (Math.abs(target.size() - draft.size()) > MOST_MISSING) {
            return "it has " + draft.size() + " tokens, the model's " + target.size();
        }
        for (int token = FIRST_COMPARED; token < Math.min(target.size(), draft.size()); token++) {
            if (!target.text(token).equals(draft.text(token))) {
                return "token " + token + " is '" + draft.text(token) + "', the model's '" + target.text(token) + "'";
            }
        }
        return null;
    }
}
