package dev.corral.server.http;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The JSON object in a request's body. The Content-Type plays no part: clients send JSON as a form, as text and as
 * nothing at all.
 */
final class JsonBody {

    private static final Pattern OF_THE_PARSER =
            Pattern.compile(", from `[^`]*`| \\(bound as `[^`]*`\\)|: (?:enable|not allowed as per) `.*");

    private JsonBody() {}

    /**
     * @param bytes the whole body, whose size was limited before
     * @throws ApiException when it is no JSON object, names a field twice, nests too deeply or holds text that is no
     *     Unicode
     */
    static ObjectNode parse(byte[] bytes) {
        JsonNode root = read(bytes);
        if (root.isMissingNode()) {
            throw invalid("the body is empty; it must be a JSON object");
        }
        if (!(root instanceof ObjectNode object)) {
            throw invalid("the body must be a JSON object, but is " + Fields.kindOf(root));
        }
        return checked(object);
    }

    /** An array, as the field {@code name} of an object. */
    static ObjectNode parseArray(String name, byte[] bytes) {
        JsonNode root = read(bytes);
        if (!(root instanceof ArrayNode array)) {
            throw invalid("the body must be a JSON array"
                    + (root.isMissingNode() ? ", but is empty" : ", but is " + Fields.kindOf(root)));
        }
        return checked(Json.object().set(name, array));
    }

    private static JsonNode read(byte[] bytes) {
        try {
            return Json.MAPPER.readTree(bytes);
        } catch (JsonProcessingException e) {
            throw invalid("the body is not valid JSON: " + plain(e.getOriginalMessage()) + place(e.getLocation()));
        } catch (IOException e) {
            throw invalid("the body is not valid JSON: " + plain(String.valueOf(e.getMessage())));
        }
    }

    private static ObjectNode checked(ObjectNode object) {
        brokenText(object).ifPresent(path -> {
            throw invalid("'" + path.substring(1) + "' has half of a surrogate pair, which is no character");
        });
        return object;
    }

    /** Where in {@code node} half a surrogate pair stands, as a path to it; empty when nowhere. */
    private static Optional<String> brokenText(JsonNode node) {
        switch (node.getNodeType()) {
            case STRING -> {
                return isUnicode(node.textValue()) ? Optional.empty() : Optional.of("");
            }
            case ARRAY -> {
                for (int i = 0; i < node.size(); i++) {
                    Optional<String> within = brokenText(node.get(i));
                    if (within.isPresent()) {
                        return Optional.of("[" + i + "]" + within.get());
                    }
                }
                return Optional.empty();
            }
            case OBJECT -> {
                for (Map.Entry<String, JsonNode> entry : node.properties()) {
                    Optional<String> within =
                            isUnicode(entry.getKey()) ? brokenText(entry.getValue()) : Optional.of("");
                    if (within.isPresent()) {
                        return Optional.of("." + entry.getKey() + within.get());
                    }
                }
                return Optional.empty();
            }
            default -> {
                return Optional.empty();
            }
        }
    }

    private static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isSurrogate(unit)) {
                boolean pair = Character.isHighSurrogate(unit)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    private static ApiException invalid(String message) {
        return new ApiException(ApiError.Kind.INVALID, message);
    }

    /** The first line, without what it says of the parser's own classes and settings. */
    private static String plain(String message) {
        int end = message.indexOf('\n');
        return OF_THE_PARSER
                .matcher(end < 0 ? message : message.substring(0, end))
                .replaceAll("");
    }

    private static String place(@Nullable JsonLocation location) {
        return location == null ? "" : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
    }
}
