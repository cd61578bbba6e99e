package dev.corral.server.alpaca;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.EngineError;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Json;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Errors as FastAPI tells them: a 422 whose {@code detail} is a list of what is wrong with which field, or a {@code
 * detail} that is a sentence.
 */
final class ErrorJson {

    private static final int UNPROCESSABLE = 422;
    private static final Pattern STEP = Pattern.compile("[^.\\[\\]]+");
    private static final Pattern INDEX = Pattern.compile("\\d{1,9}");
    private static final ObjectMapper STRICT =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** What pydantic says of a value. */
    private record Verdict(String type, String message) {

        static Verdict of(EngineError.Invalid invalid) {
            String rule = invalid.rule();
            if (rule.equals("is required")) {
                return new Verdict("missing", "Field required");
            }
            if (rule.equals("must be a string")) {
                return new Verdict("string_type", "Input should be a valid string");
            }
            if (rule.equals("must be true or false")) {
                return new Verdict("bool_parsing", "Input should be a valid boolean, unable to interpret input");
            }
            if (rule.startsWith("must be a whole number")) {
                return new Verdict(
                        "int_parsing", "Input should be a valid integer, unable to parse string as an integer");
            }
            if (rule.startsWith("must be a number")) {
                return new Verdict(
                        "float_parsing", "Input should be a valid number, unable to parse string as a number");
            }
            return new Verdict("value_error", "Value error, " + rule);
        }
    }

    private ErrorJson() {}

    static int status(ApiError error) {
        return isAboutTheBody(error) ? UNPROCESSABLE : error.kind().status();
    }

    static ObjectNode of(ApiError error) {
        if (isAboutTheBody(error)) {
            ObjectNode body = Json.object();
            detail(body.putArray("detail").addObject(), error);
            return body;
        }
        return Json.object()
                .put(
                        "detail",
                        switch (error.kind()) {
                            case NOT_FOUND -> "Not Found";
                            case METHOD_NOT_ALLOWED -> "Method Not Allowed";
                            default -> error.message();
                        });
    }

    private static boolean isAboutTheBody(ApiError error) {
        return error.kind() == ApiError.Kind.INVALID || error.kind() == ApiError.Kind.CONTEXT_EXCEEDED;
    }

    private static void detail(ObjectNode detail, ApiError error) {
        EngineError cause = error.cause().orElse(null);
        Verdict verdict = cause instanceof EngineError.Invalid invalid
                ? Verdict.of(invalid)
                : cause == null
                        ? new Verdict("json_invalid", "JSON decode error")
                        : new Verdict("value_error", "Value error, " + error.message());
        detail.put("type", verdict.type());
        ArrayNode place = detail.putArray("loc").add("body");
        error.field().ifPresent(field -> path(place, field));
        detail.put("msg", verdict.message());
        if (cause instanceof EngineError.Invalid invalid && !verdict.type().equals("missing")) {
            detail.set("input", value(invalid.value()));
        }
        detail.putObject("ctx").put("error", error.message());
    }

    /** {@code messages[0].role} as its steps. */
    private static void path(ArrayNode place, String field) {
        Matcher steps = STEP.matcher(field);
        while (steps.find()) {
            String step = steps.group();
            if (INDEX.matcher(step).matches()) {
                place.add(Integer.parseInt(step));
            } else {
                place.add(step);
            }
        }
    }

    /** As JSON where it is some; a long value was shortened and is none. */
    private static JsonNode value(String shown) {
        try {
            JsonNode value = STRICT.readTree(shown);
            return value.isMissingNode() ? TextNode.valueOf(shown) : value;
        } catch (JsonProcessingException e) {
            return TextNode.valueOf(shown);
        }
    }
}
