package dev.corral.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.generation.ChatFields;
import dev.corral.server.generation.ChatMedia;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.GrammarFields;
import dev.corral.server.generation.LogprobsFields;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.generation.OwnWords;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What {@code POST /v1/chat/completions} asks for.
 *
 * @param model which model, where the request says; what the answer calls it once {@link #on} it
 * @param conversation what the template is to render
 * @param generate how to continue it; its prompt stands for nothing, {@link #turn} has the one to compute
 * @param words what the request calls things in errors
 * @param adapters which adapters to apply; {@link #on} looks them up
 * @param stream answer by events as the text comes
 * @param includeUsage end a stream with an event that has the token counts
 * @param topLogprobs how many of the likeliest tokens to show with each; empty for no logprobs at all
 * @param timingsPerToken show timings with every event
 * @param beat after how long a silence a stream sends a comment
 */
record ChatRequest(
        Optional<String> model,
        ChatPrompt conversation,
        Generate generate,
        OwnWords words,
        AdapterChoice adapters,
        boolean stream,
        boolean includeUsage,
        Optional<Integer> topLogprobs,
        boolean timingsPerToken,
        Optional<Duration> beat) {

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("The next message of a conversation")
                .streamed()
                .body(
                        fields -> read(fields, defaults, "", 1),
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'max_tokens': 16}",
                        "{'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'Hello!'}]}],"
                                + " 'model': 'default', 'stream': true, 'stream_options': {'include_usage': true},"
                                + " 'logprobs': true, 'top_logprobs': 2, 'response_format': {'type': 'json_schema',"
                                + " 'json_schema': {'schema': {'type': 'object'}}}}",
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'grammar': 'root ::= [a-z]+',"
                                + " 'grammar_lazy': true, 'grammar_triggers':"
                                + " [{'type': 0, 'token': 5}, {'type': 1, 'value': 'y'}]}",
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'lora': [{'id': 0, 'scale': 0.5}]}",
                        "{'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'What is this?'},"
                                + " {'type': 'image_url', 'image_url': {'url': 'data:image/gif;base64,"
                                + "R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs='}}]}]}",
                        "{'messages': [{'role': 'user', 'content': [{'type': 'input_audio', 'input_audio':"
                                + " {'format': 'wav', 'data': '"
                                + "UklGRigAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQQAAACAgICA'}}]}]}",
                        "{'messages': [{'role': 'assistant', 'content': null, 'tool_calls': [{'id': 'a', 'type':"
                                + " 'function', 'function': {'name': 'now', 'arguments': '{}'}}]},"
                                + " {'role': 'tool', 'tool_call_id': 'a', 'content': '12:00'}], 'tools': [{'type':"
                                + " 'function', 'function': {'name': 'now', 'description': 'Tells the time',"
                                + " 'parameters': {'type': 'object'}}}], 'tool_choice': {'type': 'function',"
                                + " 'function': {'name': 'now'}}, 'parallel_tool_calls': false}");
    }

    /**
     * Reads a request.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    static ChatRequest read(Fields fields, Defaults defaults, String caller, int slots) {
        Optional<String> model = fields.text("model");
        Generate asked = GenerateFields.read(fields, Prompt.tokens(), defaults, caller, slots);
        Optional<Grammar> grammar = grammar(fields, asked.grammar());
        Optional<Integer> topLogprobs = topLogprobs(fields);
        Generate generate = asked.with(logprobs(fields, topLogprobs));
        Query.ApplyTemplate template = ChatFields.read(fields, grammar, defaults.chat());
        return new ChatRequest(
                model,
                new ChatPrompt(template, ChatMedia.of(fields)),
                generate,
                new OwnWords(schemaField(fields), template.tools().isPresent()),
                AdapterChoice.read(fields),
                fields.flag("stream", false),
                fields.object("stream_options")
                        .map(options -> options.flag("include_usage", false))
                        .orElse(false),
                topLogprobs,
                fields.flag("timings_per_token", false),
                GenerateFields.beat(fields, defaults));
    }

    /** The same, answered by this model. */
    ChatRequest on(NamedModel named, Engine engine) throws InterruptedException {
        Generate adapted = named.adapters(adapters, engine).map(generate::with).orElse(generate);
        return with(Optional.of(named.name()), adapted);
    }

    /** The conversation, rendered by the model's template. */
    ChatTurn turn(Engine engine, Defaults defaults) throws InterruptedException {
        return ChatTurn.of(conversation, generate, engine, defaults);
    }

    private ChatRequest with(Optional<String> newModel, Generate newGenerate) {
        return new ChatRequest(
                newModel,
                conversation,
                newGenerate,
                words,
                adapters,
                stream,
                includeUsage,
                topLogprobs,
                timingsPerToken,
                beat);
    }

    private static Optional<String> schemaField(Fields fields) {
        if (fields.has("json_schema")) {
            return Optional.of("json_schema");
        }
        return Stream.of("response_format.json_schema.schema", "response_format.schema")
                .filter(path -> !fields.json().at("/" + path.replace('.', '/')).isMissingNode())
                .findFirst();
    }

    private static Optional<Grammar> grammar(Fields fields, Optional<Grammar> own) {
        Optional<Grammar> asked = fields.object("response_format").flatMap(ChatRequest::responseFormat);
        if (asked.isPresent() && own.isPresent()) {
            throw new InvalidRequestException(
                    "response_format", "given", "can't be combined with a grammar or json_schema");
        }
        return asked.or(() -> own);
    }

    private static Optional<Grammar> responseFormat(Fields format) {
        String type = format.text("type").orElseThrow(() -> format.missing("type"));
        return switch (type) {
            case "text" -> Optional.empty();
            case "json_object" ->
                Optional.of(GrammarFields.schema(
                        format, "schema", format.node("schema").orElseGet(Json::object)));
            case "json_schema" -> {
                Fields wrapper = format.object("json_schema").orElseThrow(() -> format.missing("json_schema"));
                JsonNode schema = wrapper.node("schema").orElseThrow(() -> wrapper.missing("schema"));
                yield Optional.of(GrammarFields.schema(wrapper, "schema", schema));
            }
            default ->
                throw format.invalid("type", format.json().get("type"), "must be text, json_object or json_schema");
        };
    }

    private static Optional<Integer> topLogprobs(Fields fields) {
        return LogprobsFields.top(fields).or(() -> {
            int probabilities = fields.integer("n_probs", Logprobs.TOP, 0);
            return probabilities > 0 ? Optional.of(probabilities) : Optional.empty();
        });
    }

    /** The engine reports a token's own logprob only along with the likeliest ones, of which there is at least one. */
    private static Logprobs logprobs(Fields fields, Optional<Integer> top) {
        return top.map(most -> new Logprobs(Math.max(1, most), fields.flag("post_sampling_probs", false)))
                .orElse(Logprobs.NONE);
    }
}
