package dev.corral.engine;

import java.util.List;

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

    /** A GBNF grammar that constrains nothing until one of its triggers appears. */
    record Lazy(String text, List<Trigger> triggers) implements Grammar {
        public Lazy {
            triggers = List.copyOf(triggers);
            if (triggers.isEmpty()) {
                throw new InvalidRequestException("grammar_triggers", "empty", "must have at least one trigger");
            }
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
