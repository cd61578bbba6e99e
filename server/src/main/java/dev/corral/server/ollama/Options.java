package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Range;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.GrammarFields;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.Optional;

/**
 * {@code options} and {@code format}. Ollama's names for sampling are llama.cpp's, whose other fields work here, too. What
 * says how to load a model ({@code num_ctx}, {@code num_gpu}, {@code num_thread} …) is ignored: it is loaded.
 */
final class Options {

    /** -1 and -2 are both as many as there is room for. */
    private static final Range NUM_PREDICT = Range.atLeast(-2);

    private Options() {}

    /** The fields of a request's options. */
    static Fields of(Fields fields) {
        return fields.object("options").orElseGet(() -> new Fields(Json.object()));
    }

    /**
     * Everything but the prompt, the logprobs and the adapters.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    static Generate read(Fields fields, Prompt prompt, Defaults defaults, String caller, int slots) {
        Fields options = of(fields);
        Generate asked = GenerateFields.read(options, prompt, defaults, caller, slots);
        if (asked.completions() != 1) {
            throw new InvalidRequestException(
                    "options.n", Integer.toString(asked.completions()), "must be 1, since there is one answer");
        }
        Generate limited = asked.with(limits(options, asked.limits()));
        return grammar(fields, asked.grammar()).map(limited::with).orElse(limited);
    }

    private static Limits limits(Fields options, Limits otherwise) {
        int most = options.integer("num_predict", NUM_PREDICT, otherwise.maxTokens());
        Optional<Limits.ContextShift> shift = otherwise
                .contextShift()
                .map(or -> new Limits.ContextShift(
                        options.integer("num_keep", Limits.ContextShift.KEEP, or.keep()), or.discard()));
        return new Limits(
                Math.max(Limits.UNLIMITED, most), otherwise.maxGenerationTime(), otherwise.minIndent(), shift);
    }

    private static Optional<Grammar> grammar(Fields fields, Optional<Grammar> own) {
        Optional<Grammar> asked = fields.node("format").flatMap(value -> format(fields, value));
        if (asked.isPresent() && own.isPresent()) {
            throw new InvalidRequestException("format", "given", "can't be combined with a grammar or json_schema");
        }
        return asked.or(() -> own);
    }

    private static Optional<Grammar> format(Fields fields, JsonNode value) {
        if (value instanceof ObjectNode) {
            return Optional.of(GrammarFields.schema(fields, "format", value));
        }
        return switch (value.isTextual() ? value.textValue() : "?") {
            case "" -> Optional.empty();
            case "json" -> Optional.of(GrammarFields.schema(fields, "format", Json.object()));
            default -> throw fields.invalid("format", value, "must be \"json\" or a JSON schema, an object");
        };
    }
}
