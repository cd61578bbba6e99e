package dev.corral.server.flags;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.server.generation.ChatDefaults;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags for how conversations are rendered, and what models think in them. */
final class ChatFlags {

    @Option(
            names = "--reasoning-format",
            paramLabel = "FORMAT",
            defaultValue = "${LLAMA_ARG_THINK:-auto}",
            description =
                    "Where an answer has what the model thought: none in its content, auto or deepseek apart from it"
                            + " (default: ${DEFAULT-VALUE}).")
    String reasoningFormat = "auto";

    @Option(
            names = {"-rea", "--reasoning"},
            paramLabel = "on|off|auto",
            defaultValue = "auto",
            description = "Whether models that can think do; auto leaves it to their template (default: auto).")
    String reasoning = "auto";

    @Option(
            names = "--reasoning-effort",
            paramLabel = "LEVEL",
            defaultValue = "${LLAMA_ARG_REASONING_EFFORT}",
            description = "How much, in the words of the chat template: low, medium, high …")
    @Nullable
    String reasoningEffort;

    @Option(
            names = "--chat-template-kwargs",
            paramLabel = "JSON",
            defaultValue = "${LLAMA_ARG_CHAT_TEMPLATE_KWARGS}",
            description = "Variables for the chat template, a JSON object; a request's own go before.")
    @Nullable
    String templateArguments;

    ChatDefaults toDefaults() {
        Map<String, JsonNode> arguments = new LinkedHashMap<>();
        if (templateArguments != null) {
            parsed(templateArguments).properties().forEach(entry -> arguments.put(entry.getKey(), entry.getValue()));
        }
        switch (reasoning) {
            case "on" -> arguments.put("enable_thinking", BooleanNode.TRUE);
            case "off" -> arguments.put("enable_thinking", BooleanNode.FALSE);
            case "auto" -> {}
            default -> throw new BadFlag("--reasoning must be on, off or auto, but is " + reasoning);
        }
        if (reasoningEffort != null && !reasoningEffort.equals("default")) {
            arguments.put("reasoning_effort", TextNode.valueOf(reasoningEffort));
        }
        boolean apart = ChatDefaults.tellsReasoningApart(reasoningFormat)
                .orElseThrow(() -> new BadFlag(
                        "--reasoning-format " + ChatDefaults.REASONING_FORMATS + ", but is " + reasoningFormat));
        return new ChatDefaults(apart, arguments);
    }

    private static ObjectNode parsed(String json) {
        try {
            if (new ObjectMapper().readTree(json) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw new BadFlag("--chat-template-kwargs must be a JSON object: " + e.getOriginalMessage());
        }
        throw new BadFlag("--chat-template-kwargs must be a JSON object");
    }
}
