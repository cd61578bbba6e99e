package dev.corral.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Range;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.generation.ChatFields;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.GrammarFields;
import dev.corral.server.generation.MediaSource;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.generation.OwnWords;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What {@code POST /v1/responses} asks for.
 *
 * @param model which model, where the request says
 * @param messages the conversation without its instructions, which the next request does not inherit
 * @param conversation what the template is to render
 * @param generate how to continue it
 * @param words what the request calls things in errors
 * @param echo the fields that the answer repeats
 * @param store keep the answer, so that another request can go on from it
 */
record ResponsesRequest(
        Optional<String> model,
        ArrayNode messages,
        ChatPrompt conversation,
        Generate generate,
        OwnWords words,
        AdapterChoice adapters,
        ObjectNode echo,
        boolean stream,
        boolean store,
        Optional<Duration> beat) {

    private static final Range MAX_OUTPUT_TOKENS = Range.atLeast(1);
    private static final List<String> NOT_SERVED = List.of("conversation", "prompt");

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("The next message of a conversation, in the shape of OpenAI's newer API")
                .streamed()
                .body(
                        fields -> read(fields, defaults, "", 1, _ -> Json.array()),
                        "{'input': 'Hello!', 'max_output_tokens': 16}",
                        "{'input': [{'role': 'user', 'content': [{'type': 'input_text', 'text': 'Hello!'}]}],"
                                + " 'model': 'default', 'instructions': 'Be brief.', 'stream': true, 'store': false,"
                                + " 'reasoning': {'effort': 'low'}, 'text':"
                                + " {'format': {'type': 'json_schema', 'name': 'a', 'schema': {'type': 'object'}}}}",
                        "{'input': [{'role': 'user', 'content': [{'type': 'input_image', 'detail': 'auto', 'image_url':"
                                + " 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs='}]}]}",
                        "{'input': [{'type': 'function_call', 'call_id': 'a', 'name': 'now', 'arguments': '{}'},"
                                + " {'type': 'function_call_output', 'call_id': 'a', 'output': '12:00'}], 'tools':"
                                + " [{'type': 'function', 'name': 'now', 'parameters': {'type': 'object'}}],"
                                + " 'tool_choice': 'auto', 'parallel_tool_calls': false}");
    }

    /**
     * Reads a request.
     *
     * @param earlier the messages of the conversation that an earlier answer ended
     */
    static ResponsesRequest read(
            Fields fields, Defaults defaults, String caller, int slots, Function<String, ArrayNode> earlier) {
        refuseWhatIsNotServed(fields);
        Optional<Fields> format = fields.object("text").flatMap(text -> text.object("format"));
        Optional<Grammar> grammar = format.flatMap(ResponsesRequest::grammar);
        ArrayNode messages = fields.text("previous_response_id").map(earlier).orElseGet(Json::array);
        List<MediaSource> media =
                new ArrayList<>(ChatMedia.of(new Fields(Json.object().set("messages", messages)))
                        .sources());
        ResponseItems items = ResponseItems.read(fields);
        messages.addAll(items.messages());
        media.addAll(items.media());
        Query.ApplyTemplate template = ChatFields.read(chat(fields, messages), grammar, defaults.chat());
        Generate asked = GenerateFields.read(fields, Prompt.tokens(), defaults, caller, slots);
        return new ResponsesRequest(
                fields.text("model"),
                messages,
                new ChatPrompt(template, new ChatMedia(media)),
                asked.with(limits(fields, asked.limits())).completions(1),
                new OwnWords(
                        grammar.map(_ -> "text.format.schema"), template.tools().isPresent()),
                AdapterChoice.read(fields),
                echo(fields, asked),
                fields.flag("stream", false),
                fields.flag("store", true),
                GenerateFields.beat(fields, defaults));
    }

    /** The same, answered by this model. */
    ResponsesRequest on(NamedModel named, Engine engine) throws InterruptedException {
        Generate adapted = named.adapters(adapters, engine).map(generate::with).orElse(generate);
        return new ResponsesRequest(
                Optional.of(named.name()), messages, conversation, adapted, words, adapters, echo, stream, store, beat);
    }

    private static void refuseWhatIsNotServed(Fields fields) {
        NOT_SERVED.stream().filter(fields::has).findFirst().ifPresent(name -> {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "'" + name + "' is not supported");
        });
        if (fields.flag("background", false)) {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "'background' is not supported");
        }
    }

    private static Limits limits(Fields fields, Limits limits) {
        if (!fields.has("max_output_tokens")) {
            return limits;
        }
        return new Limits(
                fields.integer("max_output_tokens", MAX_OUTPUT_TOKENS, 0),
                limits.maxGenerationTime(),
                limits.minIndent(),
                limits.contextShift());
    }

    private static Optional<Grammar> grammar(Fields format) {
        return switch (format.text("type").orElseThrow(() -> format.missing("type"))) {
            case "text" -> Optional.empty();
            case "json_object" -> Optional.of(GrammarFields.schema(format, "schema", Json.object()));
            case "json_schema" ->
                Optional.of(GrammarFields.schema(
                        format, "schema", format.node("schema").orElseThrow(() -> format.missing("schema"))));
            default ->
                throw format.invalid("type", format.json().get("type"), "must be text, json_object or json_schema");
        };
    }

    /** The conversation and its tools, as a chat completion has them. */
    private static Fields chat(Fields fields, ArrayNode messages) {
        ObjectNode chat = Json.object();
        ArrayNode all = chat.putArray("messages");
        fields.text("instructions")
                .ifPresent(text -> all.addObject().put("role", "system").put("content", text));
        all.addAll(messages);
        ArrayNode tools = chat.putArray("tools");
        fields.objects("tools").forEach(tool -> tools.add(nested(tool.json())));
        fields.node("tool_choice").ifPresent(choice -> chat.set("tool_choice", choice(choice)));
        if (fields.has("parallel_tool_calls")) {
            chat.put("parallel_tool_calls", fields.flag("parallel_tool_calls", true));
        }
        fields.object("reasoning")
                .flatMap(reasoning -> reasoning.text("effort"))
                .ifPresent(effort -> chat.put("reasoning_effort", effort));
        fields.node("chat_template_kwargs").ifPresent(arguments -> chat.set("chat_template_kwargs", arguments));
        // a conversation that ends with the assistant's message goes on with another of its messages
        return new Fields(chat.put("add_generation_prompt", true));
    }

    private static ObjectNode nested(ObjectNode tool) {
        if (!tool.path("type").asText().equals("function")) {
            return tool;
        }
        ObjectNode function = tool.deepCopy().without("type");
        return Json.object().put("type", "function").set("function", function);
    }

    private static JsonNode choice(JsonNode choice) {
        if (!(choice instanceof ObjectNode object)) {
            return choice;
        }
        return switch (object.path("type").asText()) {
            case "function" -> nested(object);
            case "allowed_tools" -> {
                ObjectNode allowed = object.deepCopy().without("type");
                ArrayNode tools = Json.array();
                allowed.path("tools").forEach(tool -> tools.add(tool instanceof ObjectNode flat ? nested(flat) : tool));
                allowed.set("tools", tools);
                yield Json.object().put("type", "allowed_tools").set("allowed_tools", allowed);
            }
            default -> object;
        };
    }

    private static ObjectNode echo(Fields fields, Generate generate) {
        ObjectNode echo = Json.object();
        echo.set("instructions", fields.node("instructions").orElse(NullNode.instance));
        echo.set("max_output_tokens", fields.node("max_output_tokens").orElse(NullNode.instance));
        echo.set("metadata", fields.node("metadata").orElseGet(Json::object));
        echo.put("parallel_tool_calls", fields.flag("parallel_tool_calls", true));
        echo.set("previous_response_id", fields.node("previous_response_id").orElse(NullNode.instance));
        echo.set("reasoning", fields.node("reasoning").orElseGet(Json::object));
        echo.put("store", fields.flag("store", true));
        echo.put("temperature", generate.sampling().temperature());
        echo.set("text", fields.node("text").orElseGet(ResponsesRequest::plainText));
        echo.set("tool_choice", fields.node("tool_choice").orElse(TextNode.valueOf("auto")));
        echo.set("tools", fields.node("tools").orElseGet(Json::array));
        echo.put("top_p", generate.sampling().topP());
        return echo.put("truncation", "disabled");
    }

    private static JsonNode plainText() {
        ObjectNode text = Json.object();
        text.putObject("format").put("type", "text");
        return text;
    }
}
