package dev.corral.server.petals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Generate;
import dev.corral.engine.Range;
import dev.corral.engine.Sampling;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What one call of {@code generate} asks for.
 *
 * @param inputs what the client says; empty to go on from the last token
 * @param maxLength most tokens, what came before included
 * @param maxNewTokens most tokens to generate, or as many at a time where there is a stop sequence
 * @param sampling how tokens are chosen, in the order of Hugging Face's generate()
 * @param stopSequence go on until the text ends with this one
 * @param extraStopSequences or with one of these, in whose place the session then has {@code stopSequence}
 */
record GenerateCall(
        Optional<String> inputs,
        OptionalInt maxLength,
        OptionalInt maxNewTokens,
        Sampling sampling,
        Optional<String> stopSequence,
        List<String> extraStopSequences) {

    static final String EXAMPLE = "{'inputs': 'A cat sat on', 'max_new_tokens': 8, 'do_sample': 1, 'temperature': 0.6,"
            + " 'top_k': 0, 'top_p': 0.9, 'repetition_penalty': 1.1, 'seed': 1}";

    private static final Range TOKENS = Range.atLeast(1);
    private static final Range FLAG = Range.of(0, 1);
    private static final List<String> WHOLE = List.of("max_length", "max_new_tokens", "do_sample", "top_k", "seed");
    private static final List<String> DECIMAL = List.of("temperature", "top_p", "repetition_penalty");

    GenerateCall {
        extraStopSequences = List.copyOf(extraStopSequences);
    }

    /**
     * Reads a call.
     *
     * @throws ApiException in the original's words where it would have refused it
     */
    static GenerateCall read(Fields given) {
        Fields fields = typed(given);
        Optional<String> inputs = fields.text("inputs");
        OptionalInt maxLength = count(fields, "max_length");
        OptionalInt maxNewTokens = count(fields, "max_new_tokens");
        Sampling sampling = sampling(fields);
        Optional<String> stop = fields.text("stop_sequence").filter(text -> !text.isEmpty());
        List<String> extra = fields.texts("extra_stop_sequences").stream()
                .filter(text -> !text.isEmpty())
                .toList();
        if (maxLength.isPresent() == maxNewTokens.isPresent()) {
            throw Traceback.raise("AssertionError", "please set max_length or max_new_tokens (not both)");
        }
        if (!extra.isEmpty() && stop.isEmpty()) {
            throw Traceback.raise("ValueError", "extra_stop_sequences require stop_sequence");
        }
        if (extra.size() >= Generate.MAX_STOP_STRINGS) {
            throw Traceback.raise(
                    "ValueError", "extra_stop_sequences may be " + (Generate.MAX_STOP_STRINGS - 1) + " at most");
        }
        return new GenerateCall(inputs, maxLength, maxNewTokens, sampling, stop, extra);
    }

    /** Every sequence that ends the text. */
    List<String> stops() {
        List<String> stops = new ArrayList<>();
        stopSequence.ifPresent(stops::add);
        stops.addAll(extraStopSequences);
        return stops;
    }

    /** Penalties hold for greedy text as well, as in Hugging Face's generate(). */
    private static Sampling sampling(Fields fields) {
        boolean sampled = flag(fields, "do_sample");
        double temperature = fields.decimal("temperature", Sampling.TEMPERATURE, 1);
        int topK = fields.integer("top_k", Sampling.TOP_K, 0);
        double topP = fields.decimal("top_p", Sampling.PROBABILITY, 1);
        double penalty = fields.decimal("repetition_penalty", Sampling.Penalties.REPEAT, 1);
        long seed = fields.whole("seed", Sampling.SEED, Sampling.RANDOM_SEED);
        return Sampling.huggingFace().toBuilder()
                .temperature(sampled ? temperature : 0)
                .topK(sampled ? topK : 0)
                .topP(sampled ? topP : 1)
                .penalties(new Sampling.Penalties(-1, penalty, 0, 0))
                .seed(seed)
                .build();
    }

    private static boolean flag(Fields fields, String name) {
        JsonNode value = fields.json().path(name);
        return value.isBoolean() ? fields.flag(name, false) : fields.integer(name, FLAG, 0) == 1;
    }

    private static OptionalInt count(Fields fields, String name) {
        int value = fields.integer(name, TOKENS, 1);
        return fields.has(name) ? OptionalInt.of(value) : OptionalInt.empty();
    }

    /** Forms have strings only; those that stand for numbers are read as Python reads them. */
    private static Fields typed(Fields given) {
        ObjectNode node = given.json();
        for (String name : WHOLE) {
            JsonNode value = node.path(name);
            if (value.isTextual()) {
                node.put(name, whole(value.textValue()));
            }
        }
        for (String name : DECIMAL) {
            JsonNode value = node.path(name);
            if (value.isTextual()) {
                node.put(name, decimal(value.textValue()));
            }
        }
        return given;
    }

    /** A whole number as Python's {@code int(text)} reads it. */
    static long whole(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            throw Traceback.raise("ValueError", "invalid literal for int() with base 10: " + Traceback.quoted(text));
        }
    }

    private static double decimal(String text) {
        try {
            return Double.parseDouble(text.strip());
        } catch (NumberFormatException e) {
            throw Traceback.raise("ValueError", "could not convert string to float: " + Traceback.quoted(text));
        }
    }
}
