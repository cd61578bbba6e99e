package dev.corral.server.llamacpp;

import dev.corral.engine.Generate;
import dev.corral.engine.Limits.ContextShift;
import dev.corral.engine.Logprobs;
import dev.corral.engine.Prompt;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.GenerateFields;
import dev.corral.server.http.Fields;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What {@code POST /completion} asks for.
 *
 * @param generates one for each prompt, alike but for the prompt
 * @param stream answer by events as the text comes
 * @param returnTokens show the ids of the generated tokens
 * @param timingsPerToken show timings with every event
 * @param responseFields the only fields to show, {@code a/b} for one within another; empty for all
 * @param keep tokens that stay where the context is shifted
 * @param discard tokens that go where the context is shifted
 * @param beat after how long a silence a stream sends a comment
 */
record CompletionRequest(
        List<Generate> generates,
        boolean stream,
        boolean returnTokens,
        boolean timingsPerToken,
        List<String> responseFields,
        int keep,
        int discard,
        Optional<Duration> beat) {

    CompletionRequest {
        generates = List.copyOf(generates);
        responseFields = List.copyOf(responseFields);
    }

    /**
     * Reads a request.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    static CompletionRequest read(Fields fields, Defaults defaults, String caller, int slots) {
        List<Prompt> prompts = PromptFields.prompts(fields);
        Generate first = GenerateFields.read(fields, prompts.getFirst(), defaults, caller, slots)
                .with(logprobs(fields));
        return new CompletionRequest(
                prompts.stream()
                        .map(prompt -> first.toBuilder().prompt(prompt).build())
                        .toList(),
                fields.flag("stream", false),
                fields.flag("return_tokens", false),
                fields.flag("timings_per_token", false),
                fields.texts("response_fields"),
                fields.integer("n_keep", ContextShift.KEEP, 0),
                fields.integer("n_discard", ContextShift.DISCARD, 0),
                GenerateFields.beat(fields, defaults));
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
