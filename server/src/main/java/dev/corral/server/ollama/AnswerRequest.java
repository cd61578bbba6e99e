package dev.corral.server.ollama;

import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.InfillPrompt;
import dev.corral.server.generation.LogprobsFields;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What {@code POST /api/chat} or {@code POST /api/generate} asks for.
 *
 * @param model which model, where the request says; what the answer calls it once {@link #on} it
 * @param shape which of the two
 * @param input what is to be answered
 * @param generate how; its prompt stands for nothing, {@link #turn} has the one to compute
 * @param adapters which adapters to apply; {@link #on} looks them up
 * @param stream answer by lines as the text comes
 * @param topLogprobs how many of the likeliest tokens to show with each; empty for no logprobs at all
 * @param beat after how long a silence a stream sends an empty piece
 * @param keepAlive how long the model stays afterwards, where the request says
 */
record AnswerRequest(
        Optional<String> model,
        Shape shape,
        Input input,
        Generate generate,
        AdapterChoice adapters,
        boolean stream,
        Optional<Integer> topLogprobs,
        Optional<Duration> beat,
        Optional<Duration> keepAlive) {

    private static final Prompt NOT_RENDERED = Prompt.tokens();

    static RouteDoc chatDoc(Defaults defaults) {
        return RouteDoc.of("The next message of a conversation, in Ollama's shape")
                .inLines()
                .body(
                        fields -> chat(fields, defaults, "", 1),
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'options': {'num_predict': 16}}",
                        "{'model': 'default', 'messages': [{'role': 'system', 'content': 'Be brief.'},"
                                + " {'role': 'user', 'content': 'Hello!'}], 'stream': false, 'format': 'json',"
                                + " 'think': false, 'keep_alive': '5m', 'logprobs': true, 'top_logprobs': 2,"
                                + " 'options': {'num_predict': 16, 'temperature': 0, 'stop': ['!']}}",
                        "{'messages': [{'role': 'user', 'content': 'The time?'}, {'role': 'assistant', 'tool_calls':"
                                + " [{'function': {'name': 'now', 'arguments': {}}}]}, {'role': 'tool', 'tool_name':"
                                + " 'now', 'content': '12:00'}], 'tools': [{'type': 'function', 'function': {'name':"
                                + " 'now', 'description': 'Tells the time', 'parameters': {'type': 'object'}}}],"
                                + " 'options': {'num_predict': 16}}",
                        "{'messages': [{'role': 'user', 'content': 'What is this?', 'images':"
                                + " ['R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=']}], 'options': {'num_predict': 16}}",
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'options': {'num_predict': 16,"
                                + " 'lora': [{'id': 0, 'scale': 0.5}]}}",
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'options': {'num_predict': 16,"
                                + " 'grammar': 'root ::= [a-z]+', 'grammar_lazy': true, 'grammar_triggers':"
                                + " [{'type': 0, 'token': 5}, {'type': 1, 'value': 'y'}]}}");
    }

    static RouteDoc generateDoc(Defaults defaults) {
        return RouteDoc.of("The answer to a prompt, in Ollama's shape")
                .inLines()
                .body(
                        fields -> generate(fields, defaults, "", 1),
                        "{'prompt': 'Hello!', 'options': {'num_predict': 16}}",
                        "{'model': 'default', 'prompt': 'Hello!', 'system': 'Be brief.', 'context': [1, 2, 3],"
                                + " 'stream': false, 'options': {'num_predict': 16, 'temperature': 0}}",
                        "{'prompt': 'What is this?', 'images': ['R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs='],"
                                + " 'options': {'num_predict': 16}}",
                        "{'prompt': 'def add(a, b):', 'suffix': 'print(add(1, 2))', 'options': {'num_predict': 16}}",
                        "{'prompt': 'Once upon a time', 'raw': true, 'options': {'num_predict': 16}}");
    }

    /**
     * Reads a request of {@code /api/chat}.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    static AnswerRequest chat(Fields fields, Defaults defaults, String caller, int slots) {
        Generate generate = Options.read(fields, NOT_RENDERED, defaults, caller, slots);
        return read(
                fields, Shape.CHAT, Conversation.read(fields, generate.grammar(), defaults.chat()), generate, defaults);
    }

    /** The same for {@code /api/generate}. */
    static AnswerRequest generate(Fields fields, Defaults defaults, String caller, int slots) {
        Generate generate = Options.read(fields, NOT_RENDERED, defaults, caller, slots);
        return read(
                fields, Shape.GENERATE, Question.read(fields, generate.grammar(), defaults.chat()), generate, defaults);
    }

    private static AnswerRequest read(Fields fields, Shape shape, Input input, Generate generate, Defaults defaults) {
        Optional<Integer> topLogprobs = LogprobsFields.top(fields);
        Fields options = Options.of(fields);
        Optional<Duration> keepAlive = KeepAlive.read(fields);
        return new AnswerRequest(
                fields.text("model"),
                shape,
                input,
                generate.with(
                        topLogprobs.map(most -> Logprobs.top(Math.max(1, most))).orElse(Logprobs.NONE)),
                AdapterChoice.read(options),
                fields.flag("stream", true),
                topLogprobs,
                GenerateFields.beat(options, defaults),
                keepAlive);
    }

    /** The same, answered by this model, which the answer calls as the request does. */
    AnswerRequest on(NamedModel named, Engine engine) throws InterruptedException {
        Generate adapted = named.adapters(adapters, engine).map(generate::with).orElse(generate);
        return new AnswerRequest(
                model.or(() -> Optional.of(named.name())),
                shape,
                input,
                adapted,
                adapters,
                stream,
                topLogprobs,
                beat,
                keepAlive);
    }

    /** What is to be answered, rendered by the model's template where it is no prompt yet; empty for nothing. */
    Optional<ChatTurn> turn(Engine engine, Defaults defaults) throws InterruptedException {
        return switch (input) {
            case Input.Nothing() -> Optional.empty();
            case Input.Raw(Prompt prompt) ->
                Optional.of(new ChatTurn(prompted(generate, prompt), Optional.empty(), false));
            case Input.Gap(InfillPrompt gap) -> {
                Prompt prompt = gap.of(engine, generate.limits(), defaults.suffixFirst());
                yield Optional.of(new ChatTurn(prompted(generate, prompt), Optional.empty(), false));
            }
            case Input.Templated(ChatPrompt conversation) ->
                Optional.of(ChatTurn.of(conversation, generate, engine, defaults));
            case Input.After(Tokens context, ChatPrompt question) -> {
                ChatTurn turn = ChatTurn.of(question, generate, engine, defaults);
                Prompt prompt =
                        new Prompt.Ids(tokens(engine, context, turn.generate().prompt()));
                yield Optional.of(new ChatTurn(prompted(turn.generate(), prompt), turn.format(), turn.continued()));
            }
        };
    }

    /** Whether the answer says what a later request continues with. */
    boolean tellsContext() {
        return input instanceof Input.After;
    }

    private static Generate prompted(Generate generate, Prompt prompt) {
        return generate.toBuilder().prompt(prompt).build();
    }

    /** A text begins only once. */
    private static Tokens tokens(Engine engine, Tokens context, Prompt rendered) throws InterruptedException {
        String question = rendered instanceof Prompt.Text whole ? whole.text() : "";
        boolean begins = context.isEmpty();
        String bos = engine.model().vocabulary().bos();
        String text =
                !begins && !bos.isEmpty() && question.startsWith(bos) ? question.substring(bos.length()) : question;
        Tokens more = engine.ask(new Query.Tokenize(text, begins, true, false)).tokens();
        return Tokens.of(IntStream.concat(context.stream(), more.stream()).toArray());
    }
}
