package dev.corral.engine.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.Grammar.Trigger;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.engine.Reply.Templated;
import dev.corral.llama.ChatTemplate;
import dev.corral.llama.LlamaException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The model's chat template, asked in messages. Thread-safe; runs on a text thread. */
final class ChatTemplates {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChatTemplate template;
    private final JsonNode description;

    ChatTemplates(ChatTemplate template) {
        this.template = template;
        this.description = read("chat_template", template.describe());
    }

    /** The template's source, when the model brings one. */
    Optional<String> source() {
        return Optional.of(description.path("source").asText()).filter(source -> !source.isEmpty());
    }

    /** What the template can express, by llama.cpp's names. */
    Map<String, Boolean> capabilities() {
        Map<String, Boolean> capabilities = new HashMap<>();
        description
                .path("caps")
                .properties()
                .forEach(cap -> capabilities.put(cap.getKey(), cap.getValue().asBoolean()));
        return capabilities;
    }

    /** @throws InvalidRequestException when the template does not take these messages */
    Templated apply(ApplyTemplate query) {
        ObjectNode request = JSON.createObjectNode();
        request.set("messages", read("messages", query.messages()));
        query.tools().ifPresent(tools -> {
            request.set("tools", read("tools", tools));
            request.put("tool_choice", query.toolChoice());
            request.put("parallel_tool_calls", query.parallelToolCalls());
        });
        query.grammar().ifPresent(grammar -> putGrammar(request, grammar));
        request.put("add_generation_prompt", query.addGenerationPrompt());
        request.put("continue_final_message", query.continueFinalMessage());
        query.templateArguments()
                .ifPresent(arguments -> request.set("chat_template_kwargs", read("chat_template_kwargs", arguments)));
        try {
            return templated(read("chat_template", template.apply(JSON.writeValueAsString(request))), query.grammar());
        } catch (LlamaException e) {
            throw (InvalidRequestException) new InvalidRequestException(
                            "messages", query.messages(), "don't fit the chat template: " + e.getMessage())
                    .initCause(e);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void putGrammar(ObjectNode request, Grammar grammar) {
        switch (grammar) {
            case Grammar.JsonSchema(String schema) -> {
                Grammars.checkSchema(schema);
                request.set("json_schema", read("json_schema", schema));
            }
            case Grammar.Gbnf(String text) -> request.put("grammar", text);
            case Grammar.Lazy lazy ->
                throw new InvalidRequestException("grammar", "lazy", "can't be lazy together with a chat template");
        }
    }

    private static Templated templated(JsonNode result, Optional<Grammar> asked) {
        ObjectNode parsing = JSON.createObjectNode();
        for (String field : List.of("format", "parser", "generation_prompt")) {
            parsing.set(field, result.path(field));
        }
        return new Templated(
                result.path("prompt").asText(),
                grammar(result, asked),
                texts(result.path("stop")),
                texts(result.path("preserved_tokens")),
                parsing.toString());
    }

    private static Optional<Grammar> grammar(JsonNode result, Optional<Grammar> asked) {
        String text = result.path("grammar").asText();
        if (text.isEmpty()) {
            return asked;
        }
        if (!result.path("grammar_lazy").asBoolean()) {
            return Optional.of(new Grammar.Gbnf(text));
        }
        List<Trigger> triggers = new ArrayList<>();
        for (JsonNode trigger : result.path("grammar_triggers")) {
            triggers.add(trigger(trigger));
        }
        return Optional.of(new Grammar.Lazy(text, triggers));
    }

    /** Types are numbered as llama.cpp numbers them: token, word, pattern, full pattern. */
    private static Trigger trigger(JsonNode trigger) {
        String value = trigger.path("value").asText();
        return switch (trigger.path("type").asInt()) {
            case 0 -> new Trigger.Token(trigger.path("token").asInt());
            case 1 -> new Trigger.Word(value);
            case 2 -> new Trigger.Pattern(value);
            case 3 -> new Trigger.FullPattern(value);
            default -> throw new IllegalStateException("an unknown kind of grammar trigger: " + trigger);
        };
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    private static JsonNode read(String field, String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new InvalidRequestException(field, json, "must be JSON");
        }
    }
}
