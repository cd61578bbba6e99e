package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Prompt;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.GrammarFields;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code POST /v1/messages} asks for.
 *
 * @param model which model, where the request says; what the answer calls it once {@link #on} it
 * @param conversation what the template is to render
 * @param generate how to continue it; its prompt stands for nothing, {@link #turn} has the one to compute
 * @param stopSequences the request's own; an answer that ends at one says at which
 * @param adapters which adapters to apply; {@link #on} looks them up
 * @param stream answer by events as the text comes
 * @param beat after how long a silence a stream sends a ping
 */
record MessageRequest(
        Optional<String> model,
        ChatPrompt conversation,
        Generate generate,
        List<String> stopSequences,
        AdapterChoice adapters,
        boolean stream,
        Optional<Duration> beat) {

    private static final Prompt NOT_RENDERED = Prompt.tokens();

    MessageRequest {
        stopSequences = List.copyOf(stopSequences);
    }

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("The next message of a conversation, in Anthropic's shape")
                .streamed()
                .body(
                        fields -> read(fields, defaults, "", 1),
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'max_tokens': 16}",
                        "{'model': 'default', 'max_tokens': 16, 'system': [{'type': 'text', 'text': 'Be brief.'}],"
                                + " 'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'Hello!'}]},"
                                + " {'role': 'assistant', 'content': [{'type': 'thinking', 'thinking': 'A greeting.',"
                                + " 'signature': ''}, {'type': 'text', 'text': 'Hi'}]}], 'stop_sequences': ['!'],"
                                + " 'stream': true, 'temperature': 0, 'thinking': {'type': 'disabled'}}",
                        "{'messages': [{'role': 'user', 'content': 'A number.'}], 'max_tokens': 16, 'output_config':"
                                + " {'effort': 'low', 'format': {'type': 'json_schema', 'schema': {'type': 'object'}}}}",
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'max_tokens': 16, 'grammar':"
                                + " 'root ::= [a-z]+', 'grammar_lazy': true, 'grammar_triggers':"
                                + " [{'type': 0, 'token': 5}, {'type': 1, 'value': 'y'}]}",
                        "{'messages': [{'role': 'user', 'content': 'The time?'}, {'role': 'assistant', 'content':"
                                + " [{'type': 'tool_use', 'id': 'a', 'name': 'now', 'input': {}}]}, {'role': 'user',"
                                + " 'content': [{'type': 'tool_result', 'tool_use_id': 'a', 'content': [{'type': 'text',"
                                + " 'text': '12:00'}]}]}], 'max_tokens': 16, 'tools': [{'name': 'now', 'description':"
                                + " 'Tells the time', 'input_schema': {'type': 'object'}}], 'tool_choice': {'type':"
                                + " 'tool', 'name': 'now', 'disable_parallel_tool_use': true}}",
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'max_tokens': 16,"
                                + " 'lora': [{'id': 0, 'scale': 0.5}]}");
    }

    /**
     * Reads a request.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    static MessageRequest read(Fields fields, Defaults defaults, String caller, int slots) {
        Generate asked = GenerateFields.read(fields, NOT_RENDERED, defaults, caller, slots);
        if (asked.completions() != 1) {
            throw new InvalidRequestException(
                    "n", Integer.toString(asked.completions()), "must be 1, since an answer has one message");
        }
        Optional<Grammar> grammar = grammar(fields, asked.grammar());
        List<String> stop = new ArrayList<>(asked.stop());
        stop.addAll(fields.texts("stop_sequences"));
        Generate generate = grammar.map(asked::with).orElse(asked).stopAt(stop);
        return new MessageRequest(
                fields.text("model"),
                Conversation.read(fields, grammar, defaults.chat()),
                generate,
                generate.stop(),
                AdapterChoice.read(fields),
                fields.flag("stream", false),
                GenerateFields.beat(fields, defaults));
    }

    /** The same, answered by this model. */
    MessageRequest on(NamedModel named, Engine engine) throws InterruptedException {
        Generate adapted = named.adapters(adapters, engine).map(generate::with).orElse(generate);
        return new MessageRequest(
                Optional.of(named.name()), conversation, adapted, stopSequences, adapters, stream, beat);
    }

    /** The conversation, rendered by the model's template. */
    ChatTurn turn(Engine engine, Defaults defaults) throws InterruptedException {
        return ChatTurn.of(conversation, generate, engine, defaults);
    }

    private static Optional<Grammar> grammar(Fields fields, Optional<Grammar> own) {
        Optional<Grammar> asked = fields.object("output_config")
                .flatMap(config -> config.object("format"))
                .map(MessageRequest::schema);
        if (asked.isPresent() && own.isPresent()) {
            throw new InvalidRequestException(
                    "output_config.format", "given", "can't be combined with a grammar or json_schema");
        }
        return asked.or(() -> own);
    }

    private static Grammar schema(Fields format) {
        String type = format.text("type").orElseThrow(() -> format.missing("type"));
        if (!type.equals("json_schema")) {
            throw format.invalid("type", format.json().get("type"), "must be json_schema");
        }
        JsonNode schema = format.node("schema").orElseThrow(() -> format.missing("schema"));
        return GrammarFields.schema(format, "schema", schema);
    }
}
