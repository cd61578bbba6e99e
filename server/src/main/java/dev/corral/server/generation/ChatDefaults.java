package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/**
 * What holds of conversations where a request says nothing.
 *
 * @param reasoning tell what the model thinks apart from what it answers
 * @param templateArguments variables for the chat template
 */
public record ChatDefaults(boolean reasoning, Map<String, JsonNode> templateArguments) {

    /** Reasoning told apart, no variables. */
    public static final ChatDefaults STANDARD = new ChatDefaults(true, Map.of());

    public ChatDefaults {
        templateArguments = Map.copyOf(templateArguments);
    }

    /** What the name of a format of reasoning must be. */
    public static final String REASONING_FORMATS = "must be none, auto, deepseek or deepseek-legacy";

    /** Whether a format of reasoning, by llama-server's names, tells it apart; empty for what is no such name. */
    public static Optional<Boolean> tellsReasoningApart(String format) {
        return switch (format) {
            case "none" -> Optional.of(false);
            case "auto", "deepseek", "deepseek-legacy" -> Optional.of(true);
            default -> Optional.empty();
        };
    }
}
