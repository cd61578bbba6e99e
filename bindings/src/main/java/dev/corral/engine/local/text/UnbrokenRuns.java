package dev.corral.engine.local.text;

import dev.corral.engine.InvalidRequestException;
import dev.corral.llama.Vocabulary;
import dev.corral.llama.VocabularyType;

/**
 * Letters, spaces or signs that follow each other without a break. llama.cpp splits the text of many byte-pair
 * vocabularies by regular expressions that recurse over such a run, once a character, so that a long one overflows the
 * stack. Nobody's language has runs of this length.
 */
public final class UnbrokenRuns {

    /** Characters; a text thread's stack holds several times as many. */
    static final int LONGEST = 100_000;

    /**
     * Characters of a whole text, about a million tokens: more than any context holds. Tokenizing can't be interrupted, and
     * what comes out of it is several times as large.
     */
    static final int LONGEST_TEXT = 4 << 20;

    private enum Kind {
        SPACE,
        LETTER,
        SIGN,
        /** Split after three at most. */
        DIGIT;

        static Kind of(int character) {
            if (Character.isWhitespace(character) || Character.isSpaceChar(character)) {
                return SPACE;
            }
            if (Character.isLetter(character)) {
                return LETTER;
            }
            return Character.isDigit(character) ? DIGIT : SIGN;
        }
    }

    private UnbrokenRuns() {}

    /**
     * Looks at a text that is to be tokenized.
     *
     * @param field what the request calls it
     * @throws InvalidRequestException when it is too long, or has too long a run for the vocabulary
     */
    public static void check(String field, String text, Vocabulary vocabulary) {
        if (text.length() > LONGEST_TEXT) {
            throw new InvalidRequestException(
                    field, text.length() + " characters", "must have at most " + LONGEST_TEXT + " characters");
        }
        if (text.length() > LONGEST && vocabulary.type() == VocabularyType.BPE) {
            check(field, text);
        }
    }

    static void check(String field, String text) {
        Kind before = Kind.DIGIT;
        int run = 0;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            Kind kind = Kind.of(text.codePointAt(i));
            run = kind == before && kind != Kind.DIGIT ? run + 1 : 1;
            before = kind;
            if (run > LONGEST) {
                throw new InvalidRequestException(
                        field,
                        "longer at character " + i,
                        "must have at most " + LONGEST + " letters, spaces or signs without a break");
            }
        }
    }
}
