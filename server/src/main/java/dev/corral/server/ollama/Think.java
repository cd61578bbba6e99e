package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.Optional;

/** {@code think}: whether a model that can is to think before it answers, or how much. */
final class Think {

    private Think() {}

    /** What the chat template learns of it, as a JSON object. */
    static Optional<String> arguments(Fields fields, ChatDefaults defaults) {
        ObjectNode arguments = Json.object();
        defaults.templateArguments().forEach(arguments::set);
        fields.node("think").ifPresent(value -> put(arguments, fields, value));
        return arguments.isEmpty() ? Optional.empty() : Optional.of(arguments.toString());
    }

    private static void put(ObjectNode arguments, Fields fields, JsonNode value) {
        if (value.isBoolean()) {
            arguments.put("enable_thinking", value.booleanValue());
            return;
        }
        switch (value.isTextual() ? value.textValue() : "") {
            case "low", "medium", "high" ->
                arguments.put("enable_thinking", true).put("reasoning_effort", value.textValue());
            default -> throw fields.invalid("think", value, "must be true, false, \"low\", \"medium\" or \"high\"");
        }
    }
}
