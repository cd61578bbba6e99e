package dev.corral.engine.local.sampling;

import dev.corral.engine.EngineError;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Grammar.Trigger;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.local.text.UnbrokenRuns;
import dev.corral.llama.LlamaException;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns what a request wants its output to look like into native grammars. Thread-safe; runs on a text thread. */
public final class Grammars {

    private static final int MAX_BYTES = 256 * 1024;
    private static final int MAX_DEPTH = 256;
    private static final Pattern REGEX_SIGNS = Pattern.compile("[.^$|()*+?\\[\\]{}\\\\]");

    private final Vocabulary vocabulary;

    public Grammars(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** A new grammar, which the caller closes, or {@code null} when none is asked for. */
    public dev.corral.llama.@Nullable Grammar create(Optional<Grammar> grammar) {
        return switch (grammar.orElse(null)) {
            case null -> null;
            case Grammar.Gbnf(String text) -> plain(text);
            case Grammar.Begun(String text, String begun) -> begun(text, begun);
            case Grammar.JsonSchema(String json) -> plain(fromSchema(json));
            case Grammar.Lazy lazy -> lazy(lazy);
        };
    }

    /** @throws InvalidRequestException when there is no grammar for the schema */
    public String fromSchema(String schema) {
        checkSchema(schema);
        try {
            return dev.corral.llama.Grammar.fromJsonSchema(schema);
        } catch (LlamaException e) {
            throw invalid("json_schema", schema, e);
        }
    }

    private dev.corral.llama.Grammar plain(String text) {
        checkSize("grammar", text, "(");
        try {
            return dev.corral.llama.Grammar.create(vocabulary, text, "root");
        } catch (LlamaException e) {
            throw invalid("grammar", text, e);
        }
    }

    private dev.corral.llama.Grammar begun(String text, String begun) {
        dev.corral.llama.Grammar grammar = plain(text);
        try {
            grammar.begin(begun);
            return grammar;
        } catch (LlamaException e) {
            grammar.close();
            throw invalid("grammar", begun, e);
        }
    }

    private dev.corral.llama.Grammar lazy(Grammar.Lazy lazy) {
        checkSize("grammar", lazy.text(), "(");
        List<String> patterns = new ArrayList<>();
        List<Integer> tokens = new ArrayList<>();
        for (Trigger trigger : lazy.triggers()) {
            switch (trigger) {
                case Trigger.Token(int id) -> tokens.add(checkedToken(id));
                case Trigger.Word(String word) -> addWord(word, patterns, tokens);
                case Trigger.Pattern(String regex) -> patterns.add(regex);
                case Trigger.FullPattern(String regex) -> patterns.add(anchored(regex));
            }
        }
        try {
            dev.corral.llama.Grammar grammar = dev.corral.llama.Grammar.lazy(
                    vocabulary,
                    lazy.text(),
                    "root",
                    patterns,
                    tokens.stream().mapToInt(Integer::intValue).toArray());
            lazy.thoughts().ifPresent(thoughts -> grammar.ignore(thoughts.start(), thoughts.ends(), thoughts.before()));
            return grammar;
        } catch (LlamaException e) {
            throw invalid("grammar", lazy.text(), e);
        }
    }

    private int checkedToken(int id) {
        if (id < 0 || id >= vocabulary.size()) {
            throw new InvalidRequestException(
                    "grammar_triggers", "token " + id, "must be between 0 and " + (vocabulary.size() - 1));
        }
        return id;
    }

    private void addWord(String word, List<String> patterns, List<Integer> tokens) {
        UnbrokenRuns.check("grammar_triggers", word, vocabulary);
        int[] ids = vocabulary.tokenize(word, false, true);
        if (ids.length == 1) {
            tokens.add(ids[0]);
        } else {
            patterns.add(REGEX_SIGNS.matcher(word).replaceAll("\\\\$0"));
        }
    }

    private static String anchored(String regex) {
        return (regex.startsWith("^") ? "" : "^") + regex + (regex.endsWith("$") ? "" : "$");
    }

    /** A schema's size and depth, and its patterns. */
    public static void checkSchema(String schema) {
        checkSchema("json_schema", schema);
    }

    /** @param field what the request calls the schema */
    public static void checkSchema(String field, String schema) {
        checkSize(field, schema, "{[(");
        SchemaPatterns.check(field, schema);
    }

    /** llama.cpp reads grammars and schemas by recursion. */
    private static void checkSize(String field, String text, String openings) {
        if (text.length() > MAX_BYTES) {
            throw new InvalidRequestException(
                    field, text.length() + " characters", "must have at most " + MAX_BYTES + " characters");
        }
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (openings.indexOf(c) >= 0) {
                depth++;
            } else if (c == ')' || c == ']' || c == '}') {
                depth = Math.max(0, depth - 1);
            }
            if (depth > MAX_DEPTH) {
                throw new InvalidRequestException(
                        field, "nested deeper at character " + i, "must be nested at most " + MAX_DEPTH + " deep");
            }
        }
    }

    /**
     * Why a token could not be sampled: the grammar, where there is one and it is too much work to follow, is the
     * request's own fault.
     */
    public static EngineError failure(LlamaException failure, Generate request) {
        if (failure.code() != LlamaException.Code.INVALID_ARGUMENT
                || request.grammar().isEmpty()) {
            return new EngineError.Internal(String.valueOf(failure.getMessage()));
        }
        String rule = "can't be followed: " + failure.getMessage();
        return switch (request.grammar().get()) {
            case Grammar.JsonSchema(String json) -> new EngineError.Invalid("json_schema", json, rule);
            case Grammar.Gbnf(String text) -> new EngineError.Invalid("grammar", text, rule);
            case Grammar.Begun(String text, String _) -> new EngineError.Invalid("grammar", text, rule);
            case Grammar.Lazy lazy -> new EngineError.Invalid("grammar", lazy.text(), rule);
        };
    }

    private static InvalidRequestException invalid(String field, String value, LlamaException cause) {
        InvalidRequestException invalid =
                new InvalidRequestException(field, value, "can't be read: " + cause.getMessage());
        invalid.initCause(cause);
        return invalid;
    }
}
