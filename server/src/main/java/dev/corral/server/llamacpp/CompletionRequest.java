package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Limits.ContextShift;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.NumberedImages;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What {@code POST /completion} and {@code POST /infill} ask for.
 *
 * @param generates one for each prompt, alike but for the prompt
 * @param prompts as results show them
 * @param stream answer by events as the text comes
 * @param returnTokens show the ids of the generated tokens
 * @param timingsPerToken show timings with every event
 * @param responseFields the only fields to show, {@code a/b} for one within another; empty for all
 * @param keep tokens that stay where the context is shifted
 * @param discard tokens that go where the context is shifted
 * @param adapters which adapters to apply; {@link #adapted} looks them up
 * @param lora the adapters as they were asked for
 * @param beat after how long a silence a stream sends a comment
 * @param systemPrompt what it wants before its prompts; {@link #after} puts it there
 */
record CompletionRequest(
        List<Generate> generates,
        List<Prompt> prompts,
        boolean stream,
        boolean returnTokens,
        boolean timingsPerToken,
        List<String> responseFields,
        int keep,
        int discard,
        AdapterChoice adapters,
        ArrayNode lora,
        Optional<Duration> beat,
        Optional<SystemPrompt> systemPrompt) {

    CompletionRequest {
        generates = List.copyOf(generates);
        prompts = List.copyOf(prompts);
        responseFields = List.copyOf(responseFields);
    }

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("Continues a prompt")
                .streamed()
                .body(
                        fields -> read(fields, defaults, "", 1),
                        "{'prompt': 'Once upon a time', 'n_predict': 16, 'temperature': 0.7, 'stop': ['.']}",
                        "{'prompt': 'Yes or no?', 'n_predict': 4, 'grammar': 'root ::= \\'yes\\' | \\'no\\'',"
                                + " 'grammar_lazy': true, 'grammar_triggers':"
                                + " [{'type': 0, 'token': 5}, {'type': 1, 'value': 'y'}]}",
                        "{'prompt': 'Once upon a time', 'n_predict': 4, 'lora': [{'id': 0, 'scale': 0.5}],"
                                + " 'system_prompt': {'prompt': 'A tale.', 'anti_prompt': 'User:',"
                                + " 'assistant_name': 'Assistant:'}}",
                        "{'prompt': 'USER:[img-12]What is this? ASSISTANT:', 'n_predict': 4, 'image_data': [{'id': 12,"
                                + " 'data': 'R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs='}]}");
    }

    /** Of {@code POST /infill}: the same fields, and a text with a gap in place of a prompt. */
    static RouteDoc infillDoc(Defaults defaults) {
        return RouteDoc.of("Fills the gap in a text")
                .streamed()
                .body(
                        fields -> {
                            InfillFields.read(fields);
                            read(fields, List.of(Prompt.text("")), defaults, "", 1);
                        },
                        "{'input_prefix': 'def add(a, b):', 'input_suffix': 'print(add(1, 2))', 'n_predict': 16}",
                        "{'input_prefix': 'add(', 'input_suffix': ')', 'prompt': '1', 'n_predict': 4,"
                                + " 'input_extra': [{'filename': 'add.py', 'text': 'def add(a, b): return a + b'}],"
                                + " 'grammar': 'root ::= \\'yes\\' | \\'no\\'',"
                                + " 'grammar_lazy': true, 'grammar_triggers':"
                                + " [{'type': 0, 'token': 5}, {'type': 1, 'value': 'y'}],"
                                + " 'lora': [{'id': 0, 'scale': 0.5}], 'system_prompt': {'prompt': 'A tale.',"
                                + " 'anti_prompt': 'User:', 'assistant_name': 'Assistant:'}}");
    }

    /**
     * Reads a request.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    static CompletionRequest read(Fields fields, Defaults defaults, String caller, int slots) {
        NumberedImages images = ImageData.read(fields);
        List<Prompt> prompts =
                PromptFields.prompts(fields, "prompt").stream().map(images::in).toList();
        return read(fields, prompts, defaults, caller, slots);
    }

    /** Reads a request whose prompts were read before. */
    static CompletionRequest read(Fields fields, List<Prompt> prompts, Defaults defaults, String caller, int slots) {
        Generate first = GenerateFields.read(fields, prompts.getFirst(), defaults, caller, slots)
                .with(logprobs(fields));
        return new CompletionRequest(
                prompts.stream()
                        .map(prompt -> first.toBuilder().prompt(prompt).build())
                        .toList(),
                prompts,
                fields.flag("stream", false),
                fields.flag("return_tokens", false),
                fields.flag("timings_per_token", false),
                fields.texts("response_fields"),
                fields.integer("n_keep", ContextShift.KEEP, 0),
                fields.integer("n_discard", ContextShift.DISCARD, 0),
                AdapterChoice.read(fields),
                fields.array("lora").orElseGet(Json::array),
                GenerateFields.beat(fields, defaults),
                SystemPrompt.read(fields));
    }

    /** The same with the adapters that it chose. */
    CompletionRequest adapted(Engine engine) throws InterruptedException {
        Optional<AdapterSet> chosen = adapters.resolve(engine);
        return chosen.isEmpty() ? this : with(generate -> generate.with(chosen.get()));
    }

    /** The same with a text before each prompt, which results don't show. */
    CompletionRequest after(SystemPrompt system) {
        return with(generate ->
                generate.toBuilder().prompt(system.before(generate.prompt())).build());
    }

    /** The same in the slot of its conversation's last turn, unless it names one. */
    CompletionRequest in(ConversationCookie conversation, int slots) {
        boolean free = common().cache().slot() == Generate.Cache.ANY_SLOT;
        return free && conversation.slot() < slots
                ? with(generate -> generate.with(new Generate.Cache(
                        generate.cache().reuse(),
                        conversation.slot(),
                        generate.cache().partition())))
                : this;
    }

    private CompletionRequest with(UnaryOperator<Generate> change) {
        return new CompletionRequest(
                generates.stream().map(change).toList(),
                prompts,
                stream,
                returnTokens,
                timingsPerToken,
                responseFields,
                keep,
                discard,
                adapters,
                lora,
                beat,
                systemPrompt);
    }

    /** What all the prompts have in common. */
    Generate common() {
        return generates.getFirst();
    }

    private static Logprobs logprobs(Fields fields) {
        return new Logprobs(
                fields.integer(fields.either("n_probs", "logprobs"), Logprobs.TOP, 0),
                fields.flag("post_sampling_probs", false));
    }
}
