package dev.corral.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Range;
import dev.corral.engine.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object, read by type and checked against a range. A field that is absent or null reads as its
 * fallback; a field of the wrong type or out of range throws {@link InvalidRequestException}, which names the field,
 * its value and what it must be. Fields that nobody reads are ignored.
 */
public final class Fields {

    private static final Range INT = Range.of(Integer.MIN_VALUE, Integer.MAX_VALUE);

    private final ObjectNode node;
    private final String path;
    private final @Nullable FieldLog log;

    public Fields(ObjectNode node) {
        this(node, "", null);
    }

    /**
     * The fields of a JSON object.
     *
     * @throws ApiException when it is none
     */
    public static Fields ofJson(byte[] text) {
        return new Fields(JsonBody.parse(text));
    }

    /** The fields of an object, with a note taken of each that is asked for. */
    public Fields(ObjectNode node, FieldLog log) {
        this(node, "", log);
    }

    private Fields(ObjectNode node, String path, @Nullable FieldLog log) {
        this.node = node;
        this.path = path;
        this.log = log;
    }

    /** Present and not null. */
    public boolean has(String name) {
        return node.hasNonNull(name);
    }

    /** The first of these names that is present, or else the first; for fields with several names. */
    public String either(String... names) {
        note(notes -> notes.aliases(names));
        return Arrays.stream(names).filter(this::has).findFirst().orElse(names[0]);
    }

    public Optional<JsonNode> node(String name) {
        note(notes -> notes.any(name));
        return value(name);
    }

    private Optional<JsonNode> value(String name) {
        return Optional.ofNullable(node.get(name)).filter(value -> !value.isNull());
    }

    public Optional<String> text(String name) {
        note(notes -> notes.text(name));
        return value(name).map(value -> {
            if (!value.isTextual()) {
                throw invalid(name, value, "must be a string");
            }
            return value.textValue();
        });
    }

    public boolean flag(String name, boolean fallback) {
        note(notes -> notes.flag(name, fallback));
        return value(name)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw invalid(name, value, "must be true or false");
                    }
                    return value.booleanValue();
                })
                .orElse(fallback);
    }

    public double decimal(String name, Range range, double fallback) {
        note(notes -> notes.decimal(name, range, fallback));
        return value(name).map(value -> number(name, value, range)).orElse(fallback);
    }

    public int integer(String name, Range range, int fallback) {
        return (int) whole(name, narrowed(range), fallback);
    }

    /** A whole number that may be larger than an {@code int}. */
    public long whole(String name, Range range, long fallback) {
        note(notes -> notes.whole(name, range, fallback));
        return value(name).map(value -> whole(name, value, range)).orElse(fallback);
    }

    /** An array of strings, or one string that stands for an array of it; absent reads as no strings. */
    public List<String> texts(String name) {
        note(notes -> notes.texts(name));
        return value(name)
                .map(value -> switch (value) {
                    case ArrayNode array -> textsOf(name, array);
                    case JsonNode single when single.isTextual() -> List.of(single.textValue());
                    default -> throw invalid(name, value, "must be a string or an array of strings");
                })
                .orElse(List.of());
    }

    public Optional<ArrayNode> array(String name) {
        note(notes -> notes.array(name));
        return value(name).map(value -> {
            if (!(value instanceof ArrayNode array)) {
                throw invalid(name, value, "must be an array");
            }
            return array;
        });
    }

    public Optional<Fields> object(String name) {
        FieldLog within = log == null ? null : log.object(name);
        return value(name).map(value -> {
            if (!(value instanceof ObjectNode object)) {
                throw invalid(name, value, "must be an object");
            }
            return new Fields(object, qualified(name) + ".", within);
        });
    }

    /** The objects of an array; absent reads as none. */
    public List<Fields> objects(String name) {
        List<Fields> objects = new ArrayList<>();
        FieldLog within = log == null ? null : log.object(name);
        ArrayNode array = array(name).orElse(Json.array());
        for (int i = 0; i < array.size(); i++) {
            String element = name + "[" + i + "]";
            if (!(array.get(i) instanceof ObjectNode object)) {
                throw invalid(element, array.get(i), "must be an object");
            }
            objects.add(new Fields(object, qualified(element) + ".", within));
        }
        return List.copyOf(objects);
    }

    /** Token ids; whether they are in the vocabulary is for the engine to say. */
    public Tokens tokens(String name, ArrayNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) whole(name + "[" + i + "]", array.get(i), INT);
        }
        return Tokens.of(ids);
    }

    /** The object itself. */
    public ObjectNode json() {
        return node;
    }

    /** To be thrown where {@code name}'s value breaks a rule that this class can't check. */
    public InvalidRequestException invalid(String name, JsonNode value, String rule) {
        return new InvalidRequestException(qualified(name), value.toString(), rule);
    }

    /** To be thrown where {@code name} must be there and isn't. */
    public InvalidRequestException missing(String name) {
        return new InvalidRequestException(qualified(name), "absent", "is required");
    }

    /** A value's JSON type in words. */
    static String kindOf(JsonNode value) {
        return switch (value.getNodeType()) {
            case ARRAY -> "an array";
            case OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "a boolean";
            default -> "null";
        };
    }

    private void note(Consumer<FieldLog> notes) {
        if (log != null) {
            notes.accept(log);
        }
    }

    /** What an error calls one of its fields: with the names of what it is within. */
    public String path(String name) {
        return qualified(name);
    }

    private String qualified(String name) {
        return path + name;
    }

    private double number(String name, JsonNode value, Range range) {
        if (!value.isNumber()) {
            throw invalid(name, value, "must be a number " + range);
        }
        double number = value.doubleValue();
        if (!range.contains(number)) {
            throw invalid(name, value, "must be " + range);
        }
        return number;
    }

    private long whole(String name, JsonNode value, Range range) {
        if (!value.isNumber()) {
            throw invalid(name, value, "must be a whole number " + range);
        }
        double number = value.doubleValue();
        if (!range.contains(number) || !value.canConvertToLong()) {
            throw invalid(name, value, "must be " + range);
        }
        if (number != Math.rint(number)) {
            throw invalid(name, value, "must be a whole number " + range);
        }
        return value.longValue();
    }

    private static Range narrowed(Range range) {
        double least = Math.max(range.min(), Integer.MIN_VALUE);
        double most = Math.min(range.max(), Integer.MAX_VALUE);
        return least == range.min() && most == range.max() ? range : Range.of(least, most);
    }

    private List<String> textsOf(String name, ArrayNode array) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            if (!array.get(i).isTextual()) {
                throw invalid(name + "[" + i + "]", array.get(i), "must be a string");
            }
            texts.add(array.get(i).textValue());
        }
        return List.copyOf(texts);
    }
}
