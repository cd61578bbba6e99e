package dev.corral.engine;

import java.util.List;
import java.util.Optional;

/** What the output must look like. */
public sealed interface Grammar {

    /** A GBNF grammar whose start symbol is {@code root}. */
    record Gbnf(String text) implements Grammar {
        public Gbnf {
            if (text.isBlank()) {
                throw new InvalidRequestException("grammar", "empty", "must have rules");
            }
        }
    }

    /** A JSON schema, as JSON text. */
    record JsonSchema(String json) implements Grammar {}

    /**
     * A GBNF grammar of a text that the prompt has begun.
     *
     * @param begun what the text begins with; the output goes on from there
     */
    record Begun(String text, String begun) implements Grammar {}

    /**
     * A GBNF grammar that constrains nothing until one of its triggers appears.
     *
     * @param thoughts where triggers mean nothing
     */
    record Lazy(String text, List<Trigger> triggers, Optional<Thoughts> thoughts) implements Grammar {
        public Lazy {
            triggers = List.copyOf(triggers);
            if (triggers.isEmpty()) {
                throw new InvalidRequestException("grammar_triggers", "empty", "must have at least one trigger");
            }
        }

        public Lazy(String text, List<Trigger> triggers) {
            this(text, triggers, Optional.empty());
        }
    }

    /**
     * What a model writes for itself.
     *
     * @param start what it begins with
     * @param ends one of which it ends with
     * @param before what the output goes on from, which may have the start already
     */
    record Thoughts(String start, List<String> ends, String before) {
        public Thoughts {
            ends = List.copyOf(ends);
        }
    }

    /** What wakes a lazy grammar. */
    sealed interface Trigger {
        /** A token of the output. */
        record Token(int id) implements Trigger {}

        /** A word, wherever it stands in the output. */
        record Word(String word) implements Trigger {}

        /** A regular expression that matches somewhere in the output; the grammar reads from its first group on. */
        record Pattern(String regex) implements Trigger {}

        /** A regular expression that matches the output as a whole. */
        record FullPattern(String regex) implements Trigger {}
    }
}
