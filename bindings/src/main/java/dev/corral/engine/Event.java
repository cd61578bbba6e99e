package dev.corral.engine;

import java.util.List;
import java.util.Optional;

/**
 * What happens to a generation, in this order: queued, started, progress*, prompt logprobs, (delta* finished)+; failed at
 * any point.
 */
public sealed interface Event {

    /** Accepted; {@code ahead} requests wait before it. */
    record Queued(int ahead) implements Event {}

    /**
     * In a slot.
     *
     * @param slot index of the slot, from 0
     * @param promptTokens tokens of the whole prompt
     * @param cachedTokens how many of them were already in the KV cache
     */
    record Started(int slot, int promptTokens, int cachedTokens) implements Event {
        /** How far the prompt has come. */
        public Progress progress() {
            return new Progress(promptTokens, cachedTokens, cachedTokens, 0);
        }
    }

    /** Prompt tokens in the KV cache so far, cached ones included; sent only when asked for. */
    record Progress(int promptTokens, int cachedTokens, int processedTokens, long nanos) implements Event {}

    /**
     * How likely the prompt was; sent once, when asked for, as soon as the prompt has been read.
     *
     * @param tokens every token of the prompt. The first has a {@code logprob} of NaN: nothing precedes it.
     */
    record PromptLogprobs(List<TokenLogprob> tokens) implements Event {
        public PromptLogprobs {
            tokens = List.copyOf(tokens);
        }
    }

    /**
     * New output of one completion.
     *
     * @param index which completion, from 0
     * @param text whole characters; a character whose bytes span tokens comes with its last token, text that may be the
     *     start of a stop string comes when that is settled
     * @param tokens the tokens behind the text
     * @param logprobs one entry a token when they were asked for, else empty
     */
    record Delta(int index, String text, Tokens tokens, List<TokenLogprob> logprobs) implements Event {
        public Delta {
            logprobs = List.copyOf(logprobs);
        }
    }

    /** One completion is complete; after the last of them the generation has ended. */
    record Finished(int index, FinishReason reason, Optional<String> stoppingWord, Usage usage, Timings timings)
            implements Event {}

    /** The generation ended without an answer. */
    record Failed(EngineError error) implements Event {}
}
