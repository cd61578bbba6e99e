package dev.corral.server.openai;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Limits;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.engine.Search;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.generation.InfillPrompt;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.generation.SearchFields;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code POST /v1/completions} asks for.
 *
 * @param model which model, where the request says; what the answer calls it once {@link #on} it
 * @param generates one for each prompt, alike but for the prompt
 * @param prompts as the client sent them
 * @param suffix what comes after each text, for a model that fills in the middle
 * @param adapters which adapters to apply; {@link #on} looks them up
 * @param stream answer by events as the text comes
 * @param includeUsage end a stream with an event that has the token counts
 * @param echo begin each text with its prompt
 * @param logprobs how many of the likeliest tokens to show with each; empty for no logprobs at all
 * @param beat after how long a silence a stream sends a comment
 */
record TextRequest(
        Optional<String> model,
        List<Generate> generates,
        List<Prompt> prompts,
        Optional<String> suffix,
        AdapterChoice adapters,
        boolean stream,
        boolean includeUsage,
        boolean echo,
        Optional<Integer> logprobs,
        Optional<Duration> beat) {

    /** What OpenAI's API has where a request says nothing. */
    private static final int MAX_TOKENS = 16;

    TextRequest {
        generates = List.copyOf(generates);
        prompts = List.copyOf(prompts);
    }

    static RouteDoc doc(Defaults defaults) {
        return RouteDoc.of("Continues prompts")
                .streamed()
                .body(
                        fields -> read(fields, defaults, "", 1),
                        "{'prompt': 'Once upon a time', 'max_tokens': 16}",
                        "{'prompt': ['2 + 2 =', '2 + 3 ='], 'model': 'default', 'max_tokens': 4, 'echo': true,"
                                + " 'logprobs': 2, 'stream': true, 'stream_options': {'include_usage': true}}",
                        "{'prompt': 'Yes or no?', 'n': 1, 'best_of': 2, 'lora': [{'id': 0, 'scale': 0.5}]}",
                        "{'prompt': 'def add(a, b):', 'suffix': 'print(add(1, 2))', 'max_tokens': 16}",
                        "{'prompt': 'Once upon a time', 'max_tokens': 4, 'num_beams': 2, 'early_stopping': 'never'}",
                        "{'prompt': 'Yes or no?', 'max_tokens': 4, 'grammar': 'root ::= [a-z]+',"
                                + " 'grammar_lazy': true, 'grammar_triggers':"
                                + " [{'type': 0, 'token': 5}, {'type': 1, 'value': 'y'}]}");
    }

    /**
     * Reads a request.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    static TextRequest read(Fields fields, Defaults defaults, String caller, int slots) {
        Optional<String> suffix = fields.text("suffix").filter(text -> !text.isEmpty());
        List<Prompt> prompts = TextPrompts.read(fields);
        boolean stream = fields.flag("stream", false);
        boolean echo = fields.flag("echo", false);
        if (echo && suffix.isPresent()) {
            throw new InvalidRequestException("echo", "true", "can't be combined with a suffix");
        }
        Optional<Integer> logprobs =
                fields.has("logprobs") ? Optional.of(fields.integer("logprobs", Logprobs.TOP, 0)) : Optional.empty();
        Generate asked = GenerateFields.read(fields, prompts.getFirst(), defaults, caller, slots);
        Generate first = asked.with(SearchFields.read(fields, asked.completions()))
                .with(limits(fields, asked.limits()))
                .with(logprobs(logprobs, echo));
        if (stream && first.search() instanceof Search.BestOf(int candidates)) {
            throw new InvalidRequestException(
                    "best_of", Integer.toString(candidates), "must be equal to n where the answer is streamed");
        }
        return new TextRequest(
                fields.text("model"),
                prompts.stream()
                        .map(prompt -> first.toBuilder().prompt(prompt).build())
                        .toList(),
                prompts,
                suffix,
                AdapterChoice.read(fields),
                stream,
                fields.object("stream_options")
                        .map(options -> options.flag("include_usage", false))
                        .orElse(false),
                echo,
                logprobs,
                GenerateFields.beat(fields, defaults));
    }

    /** The same, answered by this model. */
    TextRequest on(NamedModel named, Engine engine) throws InterruptedException {
        Optional<AdapterSet> chosen = named.adapters(adapters, engine);
        List<Generate> adapted = generates.stream()
                .map(generate -> chosen.map(generate::with).orElse(generate))
                .toList();
        return new TextRequest(
                Optional.of(named.name()),
                adapted,
                prompts,
                suffix,
                adapters,
                stream,
                includeUsage,
                echo,
                logprobs,
                beat);
    }

    /**
     * The same with prompts that ask to fill the gap before the suffix, where there is one.
     *
     * @param suffixFirst whether the model wants the suffix before the prefix
     * @throws dev.corral.server.http.ApiException when the model has no tokens for it
     */
    TextRequest filling(Engine engine, boolean suffixFirst) throws InterruptedException {
        if (suffix.isEmpty()) {
            return this;
        }
        List<Generate> filling = new ArrayList<>();
        for (Generate generate : generates) {
            InfillPrompt gap = InfillPrompt.between(generate.prompt(), suffix.get());
            filling.add(generate.toBuilder()
                    .prompt(gap.of(engine, generate.limits(), suffixFirst))
                    .build());
        }
        return new TextRequest(model, filling, prompts, suffix, adapters, stream, includeUsage, echo, logprobs, beat);
    }

    /** How many texts each prompt gets. */
    int each() {
        return generates.getFirst().completions();
    }

    private static Limits limits(Fields fields, Limits read) {
        boolean says = fields.has("max_tokens") || fields.has("n_predict") || fields.has("max_completion_tokens");
        return says ? read : new Limits(MAX_TOKENS, read.maxGenerationTime(), read.minIndent(), read.contextShift());
    }

    /** The engine reports a generated token's own logprob only along with the likeliest, of which there is one at least. */
    private static Logprobs logprobs(Optional<Integer> top, boolean echo) {
        return top.map(most -> new Logprobs(Math.max(1, most), false, echo)).orElse(Logprobs.NONE);
    }
}
