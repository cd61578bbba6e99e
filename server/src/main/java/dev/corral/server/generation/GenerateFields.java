package dev.corral.server.generation;

import dev.corral.engine.Generate;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Range;
import dev.corral.server.http.Fields;
import java.time.Duration;
import java.util.Optional;

/**
 * llama.cpp's own fields of a generation, which every dialect takes beside its own. Fields that are unknown are
 * ignored; fields that are known and not served yet are refused where ignoring them would give a wrong answer.
 */
public final class GenerateFields {

    private static final Range MILLISECONDS = Range.atLeast(-1);
    private static final Range SLOT = Range.atLeast(Generate.Cache.ANY_SLOT);
    private static final Range SECONDS = Range.atLeast(-1);

    private GenerateFields() {}

    /**
     * Everything but the logprobs, which each dialect asks for differently, and the adapters, which are an
     * {@link AdapterChoice}.
     *
     * @param caller whom the request is counted to
     * @param slots how many slots there are
     */
    public static Generate read(Fields fields, Prompt prompt, Defaults defaults, String caller, int slots) {
        refuseMisplaced(fields);
        return Generate.builder(prompt)
                .sampling(SamplingFields.read(fields, defaults.sampling()))
                .limits(limits(fields, defaults))
                .stop(fields.texts("stop"))
                .grammar(GrammarFields.read(fields))
                .completions(fields.integer(fields.either("n_cmpl", "n"), Generate.COMPLETIONS, 1))
                .cache(new Generate.Cache(
                        fields.flag("cache_prompt", true),
                        slot(fields, slots),
                        CachePartition.of(fields, caller, defaults.sharedCache())))
                .output(new Generate.Output(false, fields.flag("return_progress", false)))
                .schedule(new Generate.Schedule(0, caller, deadline(fields, defaults)))
                .speculation(SpeculationFields.read(fields, defaults.speculation()))
                .build();
    }

    /** After how long a silence a stream sends a comment. */
    public static Optional<Duration> beat(Fields fields, Defaults defaults) {
        int seconds = fields.integer("sse_ping_interval", SECONDS, 0);
        if (!fields.has("sse_ping_interval")) {
            return defaults.beat();
        }
        return seconds > 0 ? Optional.of(Duration.ofSeconds(seconds)) : Optional.empty();
    }

    /** When a generation must end. */
    public static Limits limits(Fields fields, Defaults defaults) {
        String maxTokens = fields.either("n_predict", "max_completion_tokens", "max_tokens");
        long milliseconds = fields.whole("t_max_predict_ms", MILLISECONDS, -1);
        return new Limits(
                fields.integer(maxTokens, Limits.MAX_TOKENS, defaults.maxTokens()),
                milliseconds > 0 ? Optional.of(Duration.ofMillis(milliseconds)) : Optional.empty(),
                fields.integer("n_indent", Limits.MIN_INDENT, 0),
                contextShift(fields, defaults));
    }

    /** Whether a full context is shifted is the server's choice; how, the request's. */
    private static Optional<Limits.ContextShift> contextShift(Fields fields, Defaults defaults) {
        int keep = fields.integer(
                "n_keep",
                Limits.ContextShift.KEEP,
                defaults.contextShift().map(Limits.ContextShift::keep).orElse(0));
        int discard = fields.integer("n_discard", Limits.ContextShift.DISCARD, 0);
        return defaults.contextShift().map(_ -> new Limits.ContextShift(keep, discard));
    }

    /** A request may ask for less time than the server gives it. */
    private static Optional<Duration> deadline(Fields fields, Defaults defaults) {
        long milliseconds = fields.whole("t_max_ms", MILLISECONDS, -1);
        if (milliseconds <= 0) {
            return defaults.deadline();
        }
        Duration asked = Duration.ofMillis(milliseconds);
        return defaults.deadline().filter(most -> most.compareTo(asked) < 0).or(() -> Optional.of(asked));
    }

    /** Today's name has a range; under the one of 2023 a slot that is not there meant any. */
    private static int slot(Fields fields, int slots) {
        String name = fields.either("id_slot", "slot_id");
        int slot = fields.integer(name, SLOT, Generate.Cache.ANY_SLOT);
        if (slot < slots) {
            return slot;
        }
        if (name.equals("slot_id")) {
            return Generate.Cache.ANY_SLOT;
        }
        throw new InvalidRequestException(
                name, Integer.toString(slot), "must be -1 or a slot's number, from 0 to " + (slots - 1));
    }

    private static void refuseMisplaced(Fields fields) {
        fields.node("multimodal_data").filter(value -> !value.isEmpty()).ifPresent(value -> {
            throw fields.invalid("multimodal_data", value, "must be within 'prompt', beside 'prompt_string'");
        });
    }
}
