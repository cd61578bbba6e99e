package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code logit_bias} in all its shapes: {@code [[15043, 1.5], ["hello", false]]}, {@code {"15043": -100, "hello":
 * false}}, and what results show it as, {@code [{"token": 15043, "bias": 1.5}]}. {@code false} and null ban a token.
 */
final class LogitBiasFields {

    private static final String NAME = "logit_bias";
    private static final Pattern ID = Pattern.compile("-?\\d{1,18}");

    private final Fields fields;

    private LogitBiasFields(Fields fields) {
        this.fields = fields;
    }

    static List<LogitBias> read(Fields fields, List<LogitBias> otherwise) {
        return fields.node(NAME).map(new LogitBiasFields(fields)::read).orElse(otherwise);
    }

    private List<LogitBias> read(JsonNode value) {
        return switch (value) {
            case ArrayNode array -> ofArray(array);
            case ObjectNode object -> ofObject(object);
            default -> throw fields.invalid(NAME, value, "must be an array of [token, bias] or an object");
        };
    }

    private List<LogitBias> ofArray(ArrayNode array) {
        List<LogitBias> biases = new ArrayList<>();
        for (JsonNode entry : array) {
            if (entry instanceof ArrayNode pair && pair.size() == 2) {
                biases.add(of(pair.get(0), bias(pair.get(1))));
            } else if (entry instanceof ObjectNode pair && pair.has("token") && pair.has("bias")) {
                biases.add(of(pair.get("token"), bias(pair.get("bias"))));
            } else {
                throw fields.invalid(NAME, entry, "must have entries of the form [token, bias]");
            }
        }
        return biases;
    }

    private List<LogitBias> ofObject(ObjectNode object) {
        List<LogitBias> biases = new ArrayList<>();
        object.properties().forEach(entry -> {
            double bias = bias(entry.getValue());
            String token = entry.getKey();
            biases.add(
                    ID.matcher(token).matches()
                            ? new LogitBias.OfToken(id(Long.parseLong(token), entry.getValue()), bias)
                            : new LogitBias.OfText(token, bias));
        });
        return biases;
    }

    private LogitBias of(JsonNode token, double bias) {
        if (token.isTextual()) {
            return new LogitBias.OfText(token.textValue(), bias);
        }
        if (token.isIntegralNumber() && token.canConvertToLong()) {
            return new LogitBias.OfToken(id(token.longValue(), token), bias);
        }
        throw fields.invalid(NAME, token, "must name tokens by their ids or as text");
    }

    private int id(long id, JsonNode shown) {
        if (id < 0 || id > Integer.MAX_VALUE) {
            throw fields.invalid(NAME, shown, "must name tokens of the vocabulary, but has the id " + id);
        }
        return (int) id;
    }

    private double bias(JsonNode value) {
        if (value.isNull() || (value.isBoolean() && !value.booleanValue())) {
            return Double.NEGATIVE_INFINITY;
        }
        if (value.isNumber() && LogitBias.BIAS.contains(value.doubleValue())) {
            return value.doubleValue();
        }
        throw fields.invalid(NAME, value, "must have numbers as biases, or false to ban a token");
    }
}
