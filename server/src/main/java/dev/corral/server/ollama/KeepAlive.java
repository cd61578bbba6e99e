package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.server.http.Fields;
import java.util.regex.Pattern;

/**
 * {@code keep_alive}: for how long the model stays loaded, as seconds or as a text such as {@code 5m}. Checked, and without
 * effect: the model that is served stays.
 */
final class KeepAlive {

    private static final Pattern DURATION = Pattern.compile("-?(\\d+|(\\d+(\\.\\d*)?(ns|us|µs|ms|s|m|h))+)");

    private KeepAlive() {}

    static void check(Fields fields) {
        fields.node("keep_alive").ifPresent(value -> {
            if (!isDuration(value)) {
                throw fields.invalid("keep_alive", value, "must be a number of seconds, or a duration such as \"5m\"");
            }
        });
    }

    private static boolean isDuration(JsonNode value) {
        return value.isNumber()
                || (value.isTextual()
                        && (value.textValue().isEmpty()
                                || DURATION.matcher(value.textValue()).matches()));
    }
}
