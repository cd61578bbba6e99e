package dev.corral.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A request to continue a prompt.
 *
 * @param prompt what to continue
 * @param sampling how tokens are chosen
 * @param limits when to end
 * @param stop strings that end the text where they appear and are not part of it
 * @param grammar what the text must look like
 * @param logprobs which probabilities to report
 * @param completions how many independent continuations, from one prefill
 * @param cache what the KV cache may do for it
 * @param output what to report beside the text
 * @param schedule its place among other requests
 * @param adapters LoRA adapters to compute it with; empty for those that the engine applies by default
 * @param search how the completions are found
 * @param speculation how tokens are drafted, to be checked together
 */
public record Generate(
        Prompt prompt,
        Sampling sampling,
        Limits limits,
        List<String> stop,
        Optional<Grammar> grammar,
        Logprobs logprobs,
        int completions,
        Cache cache,
        Output output,
        Schedule schedule,
        Optional<AdapterSet> adapters,
        Search search,
        Speculation speculation) {

    public static final Range COMPLETIONS = Range.of(1, 128);
    public static final int MAX_STOP_STRINGS = 256;

    public Generate {
        if (search instanceof Search.BestOf(int candidates) && candidates < completions) {
            throw new InvalidRequestException(
                    "best_of", Integer.toString(candidates), "must be at least n, which is " + completions);
        }
        if (search instanceof Search.Beams beams && beams.count() < completions) {
            throw new InvalidRequestException(
                    "num_beams", Integer.toString(beams.count()), "must be at least n, which is " + completions);
        }
        stop = stop.stream().filter(word -> !word.isEmpty()).toList();
        COMPLETIONS.check("n", completions);
        if (stop.size() > MAX_STOP_STRINGS) {
            throw new InvalidRequestException(
                    "stop", stop.size() + " strings", "must have at most " + MAX_STOP_STRINGS);
        }
    }

    /** How many texts are generated, those that are not reported included. */
    public int candidates() {
        return switch (search) {
            case Search.Each() -> completions;
            case Search.BestOf(int candidates) -> candidates;
            case Search.Beams beams -> beams.count();
        };
    }

    /** A request with defaults for everything but the prompt: llama.cpp's sampling, no limit, no stop strings. */
    public static Generate of(Prompt prompt) {
        return builder(prompt).build();
    }

    /** The same defaults, to be changed. */
    public static GenerateBuilder builder(Prompt prompt) {
        return new GenerateBuilder(prompt);
    }

    /** A builder that begins with what this request says. */
    public GenerateBuilder toBuilder() {
        return new GenerateBuilder(this);
    }

    public Generate with(Sampling newSampling) {
        return toBuilder().sampling(newSampling).build();
    }

    public Generate with(Limits newLimits) {
        return toBuilder().limits(newLimits).build();
    }

    public Generate with(Grammar newGrammar) {
        return toBuilder().grammar(newGrammar).build();
    }

    public Generate with(Logprobs newLogprobs) {
        return toBuilder().logprobs(newLogprobs).build();
    }

    public Generate with(Cache newCache) {
        return toBuilder().cache(newCache).build();
    }

    public Generate with(Output newOutput) {
        return toBuilder().output(newOutput).build();
    }

    public Generate with(Schedule newSchedule) {
        return toBuilder().schedule(newSchedule).build();
    }

    /** The same request, computed with these adapters whatever the engine applies by default. */
    public Generate with(AdapterSet newAdapters) {
        return toBuilder().adapters(Optional.of(newAdapters)).build();
    }

    public Generate with(Search newSearch) {
        return toBuilder().search(newSearch).build();
    }

    public Generate with(Speculation newSpeculation) {
        return toBuilder().speculation(newSpeculation).build();
    }

    public Generate stopAt(List<String> words) {
        return toBuilder().stop(words).build();
    }

    public Generate completions(int count) {
        return toBuilder().completions(count).build();
    }

    /**
     * What the KV cache may do.
     *
     * @param reuse start from the longest cached prefix of the prompt, and keep this one for others
     * @param slot the slot it would like, or {@link #ANY_SLOT}; taken if free, never waited for
     * @param partition whose prefixes it shares: those of requests with the same partition, and of no others
     */
    public record Cache(boolean reuse, int slot, String partition) {
        public static final int ANY_SLOT = -1;
        public static final int MAX_PARTITION = 1024;
        public static final Cache REUSE = new Cache(true, ANY_SLOT);
        public static final Cache FRESH = new Cache(false, ANY_SLOT);

        public Cache {
            Range.atLeast(ANY_SLOT).check("slot", slot);
            if (partition.length() > MAX_PARTITION) {
                throw new InvalidRequestException(
                        "partition", partition.length() + " characters", "must have at most " + MAX_PARTITION);
            }
        }

        /** Prefixes are shared with every request that names no partition. */
        public Cache(boolean reuse, int slot) {
            this(reuse, slot, "");
        }

        public Cache in(String newPartition) {
            return new Cache(reuse, slot, newPartition);
        }
    }

    /**
     * What to report beside the text.
     *
     * @param special show control tokens as text
     * @param progress send {@link Event.Progress} while the prompt is read
     * @param chunk 0 where what ends a text is no part of it. Otherwise it is, a token of control included, and stop
     *     strings are looked for only at the end of every {@code chunk} tokens: one that the text ends with there ends it
     * @param visible control tokens that are shown as text though others are not
     */
    public record Output(boolean special, boolean progress, int chunk, Tokens visible) {
        public static final Range CHUNK = Range.atLeast(0);
        public static final Output PLAIN = new Output(false, false);

        public Output {
            CHUNK.check("chunk", chunk);
        }

        public Output(boolean special, boolean progress) {
            this(special, progress, 0, Tokens.EMPTY);
        }

        /** Control tokens shown, and what ends the text as well. */
        public static Output chunks(int tokens) {
            return new Output(true, false, tokens, Tokens.EMPTY);
        }

        /** The same with control tokens that are shown. */
        public Output showing(Tokens shown) {
            return new Output(special, progress, chunk, shown);
        }

        /** Whether a token is shown even if it is a control token. */
        public boolean shows(int token) {
            return special || visible.contains(token);
        }
    }

    /**
     * Place among other requests.
     *
     * @param priority higher goes first; 0 is normal
     * @param key whose turn it is counted as: requests of different keys share the engine evenly
     * @param deadline after which the request fails, counted from its submission
     */
    public record Schedule(int priority, String key, Optional<Duration> deadline) {
        public static final Range PRIORITY = Range.of(-100, 100);
        public static final Schedule NORMAL = new Schedule(0, "", Optional.empty());

        public Schedule {
            PRIORITY.check("priority", priority);
        }
    }
}
