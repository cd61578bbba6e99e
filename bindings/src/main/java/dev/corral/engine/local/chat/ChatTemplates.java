package dev.corral.engine.local.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.Grammar.Trigger;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.engine.Query.ReadMessage;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.Reply.Templated;
import dev.corral.engine.Tokens;
import dev.corral.engine.Tools;
import dev.corral.engine.local.sampling.Grammars;
import dev.corral.llama.ChatTemplate;
import dev.corral.llama.LlamaException;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The model's chat template, asked in messages. Thread-safe; runs on a text thread. */
public final class ChatTemplates {

    /** Variables that a request may give a template: each costs as much as all before it together. */
    private static final int MOST_ARGUMENTS = 256;

    private static final String CALLS_TOOLS = "supports_tool_calls";

    private final ChatTemplate template;
    private final Vocabulary vocabulary;
    private final JsonNode description;

    public ChatTemplates(ChatTemplate template, Vocabulary vocabulary) {
        this.template = template;
        this.vocabulary = vocabulary;
        this.description = ChatJson.read("chat_template", template.describe());
    }

    /** The template's source, when the model brings one. */
    public Optional<String> source() {
        return Optional.of(description.path("source").asText()).filter(source -> !source.isEmpty());
    }

    /** What the template can express, by llama.cpp's names. */
    public Map<String, Boolean> capabilities() {
        Map<String, Boolean> capabilities = new HashMap<>();
        description
                .path("caps")
                .properties()
                .forEach(cap -> capabilities.put(cap.getKey(), cap.getValue().asBoolean()));
        return capabilities;
    }

    /** @throws InvalidRequestException when the template does not take these messages */
    public Templated apply(ApplyTemplate query) {
        if (!callable(query)) {
            return templated(query, rendered(query));
        }
        requireToolsAreExpressible();
        if (isForeign(query)) {
            throw new InvalidRequestException("grammar", "given", "can't be combined with tools; a JSON schema can");
        }
        ApplyTemplate calling = with(query, query.tools(), Optional.empty());
        if (query.tools().orElseThrow().choice() == Tools.Choice.REQUIRED) {
            JsonNode calls = rendered(calling);
            return templated(calling, calls, CallGrammar.required(grammarText(calls), single(query)));
        }
        return query.grammar().isEmpty() ? templated(calling, rendered(calling)) : either(query, calling);
    }

    private Templated templated(ApplyTemplate query, JsonNode result, CallGrammar grammar) {
        Optional<Grammar> begun = grammar.text().isEmpty()
                ? Optional.empty()
                : Optional.of(new Grammar.Begun(
                        grammar.text(), result.path("generation_prompt").asText()));
        return templated(result, begun, Optional.of(format(query, result)));
    }

    /** Calls, or an answer of the form asked for: the template knows a grammar for either, and this joins them. */
    private Templated either(ApplyTemplate query, ApplyTemplate calling) {
        JsonNode calls = rendered(calling);
        Tools tools = query.tools().orElseThrow();
        Tools must = new Tools(tools.json(), Tools.Choice.REQUIRED, tools.parallel());
        CallGrammar required = CallGrammar.required(
                grammarText(rendered(with(query, Optional.of(must), Optional.empty()))), single(query));
        JsonNode answer = rendered(with(query, Optional.empty(), query.grammar()));
        CallGrammar woken = required.hasRule() ? required : new CallGrammar(grammarText(calls), "root");
        return templated(query, calls, new CallGrammar(GrammarUnion.of(grammarText(answer), woken), "root"));
    }

    private static String grammarText(JsonNode result) {
        return result.path("grammar").asText();
    }

    private static boolean single(ApplyTemplate query) {
        return query.tools()
                .flatMap(Tools::parallel)
                .filter(parallel -> !parallel)
                .isPresent();
    }

    private static boolean callable(ApplyTemplate query) {
        return query.tools()
                .filter(tools -> tools.choice() != Tools.Choice.NONE)
                .isPresent();
    }

    private static ApplyTemplate with(ApplyTemplate query, Optional<Tools> tools, Optional<Grammar> grammar) {
        return new ApplyTemplate(
                query.messages(),
                tools,
                grammar,
                query.addGenerationPrompt(),
                query.continueFinalMessage(),
                query.reasoning(),
                query.templateArguments());
    }

    private void requireToolsAreExpressible() {
        if (!description.path("caps").path(CALLS_TOOLS).asBoolean()) {
            throw new InvalidRequestException(
                    "tools",
                    "with one that can't",
                    "must come with a chat template that can express calls, which the server takes by"
                            + " --chat-template-file");
        }
    }

    private JsonNode rendered(ApplyTemplate query) {
        ObjectNode request = request(query);
        try {
            return ChatJson.read("chat_template", template.apply(request.toString()));
        } catch (LlamaException e) {
            throw TemplateRefusal.of(query, request, e);
        }
    }

    private static ObjectNode request(ApplyTemplate query) {
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        request.set("messages", ChatJson.read("messages", query.messages()));
        query.tools().ifPresent(tools -> {
            request.set("tools", checked(ChatJson.read("tools", tools.json())));
            request.put("tool_choice", choice(tools.choice()));
            tools.parallel().ifPresent(parallel -> request.put("parallel_tool_calls", parallel));
        });
        query.grammar().ifPresent(grammar -> putGrammar(request, grammar));
        request.put("add_generation_prompt", query.addGenerationPrompt());
        request.put("continue_final_message", query.continueFinalMessage());
        request.put("reasoning_format", reasoningFormat(query));
        query.templateArguments()
                .ifPresent(arguments -> request.set(
                        "chat_template_kwargs", checkedArguments(ChatJson.read("chat_template_kwargs", arguments))));
        return request;
    }

    private static JsonNode checkedArguments(JsonNode arguments) {
        if (arguments.size() > MOST_ARGUMENTS) {
            throw new InvalidRequestException(
                    "chat_template_kwargs", arguments.size() + " variables", "must have at most " + MOST_ARGUMENTS);
        }
        return arguments;
    }

    private static JsonNode checked(JsonNode tools) {
        for (int i = 0; i < tools.size(); i++) {
            JsonNode parameters = tools.path(i).path("function").path("parameters");
            Grammars.checkSchema("tools[" + i + "].function.parameters", parameters.toString());
        }
        return tools;
    }

    private static String choice(Tools.Choice choice) {
        return switch (choice) {
            case AUTO -> "auto";
            case REQUIRED -> "required";
            case NONE -> "none";
        };
    }

    private static String reasoningFormat(ApplyTemplate query) {
        return query.reasoning() ? "deepseek" : "none";
    }

    private static void putGrammar(ObjectNode request, Grammar grammar) {
        switch (grammar) {
            case Grammar.JsonSchema(String schema) -> {
                Grammars.checkSchema(schema);
                request.set("json_schema", ChatJson.read("json_schema", schema));
            }
            case Grammar.Gbnf(String text) -> request.put("grammar", text);
            case Grammar.Lazy _, Grammar.Begun _ -> {
                // the template has no place for it; it constrains the output all the same
            }
        }
    }

    private Templated templated(ApplyTemplate query, JsonNode result) {
        boolean plain = AnswerFormat.isPlain(result);
        if (plain || isForeign(query)) {
            return templated(result, query.grammar(), plain ? Optional.empty() : Optional.of(format(query, result)));
        }
        Optional<Grammar> own = grammar(result, single(query));
        if (query.grammar().isPresent() && (own.isEmpty() || !thinks(result))) {
            // the template has no grammar for the form, or one that allows a fence around it
            return templated(result, query.grammar(), Optional.empty());
        }
        return templated(result, own, Optional.of(format(query, result)));
    }

    /** A grammar of the client's own, which the template has no opinion on. */
    private static boolean isForeign(ApplyTemplate query) {
        return query.grammar().isPresent() && !(query.grammar().get() instanceof Grammar.JsonSchema);
    }

    private static boolean thinks(JsonNode result) {
        return result.path("supports_thinking").asBoolean();
    }

    private static String format(ApplyTemplate query, JsonNode result) {
        ObjectNode format = JsonNodeFactory.instance.objectNode();
        for (String field : List.of("format", "parser", "generation_prompt")) {
            format.set(field, result.path(field));
        }
        return format.put("reasoning_format", reasoningFormat(query)).toString();
    }

    private Templated templated(JsonNode result, Optional<Grammar> grammar, Optional<String> format) {
        return new Templated(
                result.path("prompt").asText(),
                grammar,
                ChatJson.texts(result.path("stop")),
                controlTokens(ChatJson.texts(result.path("preserved_tokens"))),
                format);
    }

    /** Those of the texts that are one token each. */
    private Tokens controlTokens(List<String> texts) {
        return Tokens.of(texts.stream()
                .map(text -> vocabulary.tokenize(text, false, true))
                .filter(ids -> ids.length == 1)
                .flatMapToInt(IntStream::of)
                .toArray());
    }

    private static Optional<Grammar> grammar(JsonNode result, boolean single) {
        String text = CallGrammar.once(grammarText(result), single);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (!result.path("grammar_lazy").asBoolean()) {
            return Optional.of(
                    new Grammar.Begun(text, result.path("generation_prompt").asText()));
        }
        List<Trigger> triggers = new ArrayList<>();
        for (JsonNode trigger : result.path("grammar_triggers")) {
            triggers.add(trigger(trigger));
        }
        return Optional.of(new Grammar.Lazy(text, triggers, thoughts(result)));
    }

    /** A call that a model only thinks of is none. */
    private static Optional<Grammar.Thoughts> thoughts(JsonNode result) {
        String start = result.path("thinking_start_tag").asText();
        List<String> ends = ChatJson.texts(result.path("thinking_end_tags")).stream()
                .filter(end -> !end.isEmpty())
                .toList();
        return start.isEmpty() || ends.isEmpty()
                ? Optional.empty()
                : Optional.of(new Grammar.Thoughts(
                        start, ends, result.path("generation_prompt").asText()));
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

    /** Reads an output; one that does not keep to the format is content as it stands, once it is complete. */
    public Message read(ReadMessage query) {
        return AnswerFormat.read(query);
    }
}
