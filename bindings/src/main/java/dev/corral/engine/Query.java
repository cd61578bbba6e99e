package dev.corral.engine;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A question to an engine that generates nothing. */
public sealed interface Query<R extends Reply> {

    /**
     * Which tokens a text has.
     *
     * @param addSpecial add what the model begins and ends texts with
     * @param parseSpecial read control tokens in the text as tokens
     * @param pieces say each token's text as well
     */
    record Tokenize(String text, boolean addSpecial, boolean parseSpecial, boolean pieces)
            implements Query<Reply.Tokenized> {}

    /** How many tokens a prompt has, what its images and sounds become included; nothing of it is computed. */
    record Measure(Prompt prompt) implements Query<Reply.Measured> {}

    /** Which text tokens have. Control tokens are shown when {@code special}. */
    record Detokenize(Tokens tokens, boolean special) implements Query<Reply.Detokenized> {}

    /**
     * Which prompt a conversation becomes by the model's chat template.
     *
     * @param messages JSON array of messages in OpenAI's shape
     * @param tools what the model may call
     * @param grammar what the answer must look like, unless it calls tools
     * @param addGenerationPrompt end with the opening of the assistant's answer
     * @param continueFinalMessage leave the last message, the assistant's, open so that the answer continues it
     * @param reasoning tell what the model thinks apart from what it answers
     * @param templateArguments JSON object of further variables of the template
     */
    record ApplyTemplate(
            String messages,
            Optional<Tools> tools,
            Optional<Grammar> grammar,
            boolean addGenerationPrompt,
            boolean continueFinalMessage,
            boolean reasoning,
            Optional<String> templateArguments)
            implements Query<Reply.Templated> {

        public static ApplyTemplate of(String messages) {
            return new ApplyTemplate(
                    messages, Optional.empty(), Optional.empty(), true, false, false, Optional.empty());
        }
    }

    /**
     * Which message an output is, by the format that the model's chat template taught it.
     *
     * @param format {@link Reply.Templated#format()} of the output's prompt
     * @param text the output, from its beginning
     * @param partial more of it is to come; what is read of it now will not be taken back
     */
    record ReadMessage(String format, String text, boolean partial) implements Query<Reply.Message> {}

    /** The state of every slot. */
    record Slots() implements Query<Reply.SlotList> {}

    /**
     * Writes the tokens that a slot computed last, with their state, into the folder for saved slots.
     *
     * @param name of the file: letters, digits, '.', '_' and '-', not beginning with a '.'
     * @param partition of the prefix cache; what a slot computed for another one counts as nothing
     */
    record SaveSlot(int slot, String name, String partition) implements Query<Reply.SlotStored> {
        public SaveSlot(int slot, String name) {
            this(slot, name, "");
        }
    }

    /**
     * Brings back what {@link SaveSlot} wrote for the same partition; requests that begin with its tokens, and have the
     * same adapters, find it, in whatever slot.
     */
    record RestoreSlot(int slot, String name, String partition) implements Query<Reply.SlotStored> {
        public RestoreSlot(int slot, String name) {
            this(slot, name, "");
        }
    }

    /** Forgets the tokens that a slot computed last, if it did so for this partition. */
    record EraseSlot(int slot, String partition) implements Query<Reply.SlotErased> {
        public EraseSlot(int slot) {
            this(slot, "");
        }
    }

    /**
     * Moves what finished requests left of these tokens, the whole of them and their prefixes, out of the KV cache: to host
     * memory, as far as states are kept there, for a request that begins with them again. What runs is left alone.
     *
     * @param adapters they were computed with; empty for those that apply by default
     * @param partition of the prefix cache, as in {@link Generate.Cache}
     */
    record Vacate(Tokens tokens, Optional<AdapterSet> adapters, String partition) implements Query<Reply.Vacated> {}

    /** Which LoRA adapters there are. */
    record Adapters() implements Query<Reply.AdapterList> {}

    /** Loads the adapter of this name from the engine's folder of adapters; loaded already, it stays as it is. */
    record LoadAdapter(String name) implements Query<Reply.AdapterList> {}

    /**
     * Unloads an adapter. From then on no request can name it; requests that use it go on to their ends, and the last of
     * them frees its memory. It is taken out of what is applied by default.
     */
    record UnloadAdapter(String name) implements Query<Reply.AdapterList> {}

    /** Changes what is applied to requests, from the next one on, that don't choose adapters themselves. */
    record ApplyAdapters(AdapterSet adapters) implements Query<Reply.AdapterList> {}

    /**
     * How likely texts are after others. What several of them begin with is computed once, whatever item it belongs to.
     * An interrupt of the asking thread ends it. Computed with the adapters that apply by default.
     *
     * @param partition of the prefix cache, as in {@link Generate.Cache}
     */
    record Score(List<Item> items, Generate.Schedule schedule, String partition) implements Query<Reply.Scored> {
        public Score {
            items = List.copyOf(items);
        }

        public Score(List<Item> items, Generate.Schedule schedule) {
            this(items, schedule, "");
        }

        public static Score of(Item... items) {
            return new Score(List.of(items), Generate.Schedule.NORMAL);
        }

        /**
         * Continuations of one context. Texts are tokenized apart from each other: where a tokenizer would merge the end
         * of the context with the beginning of a continuation, give tokens.
         *
         * @param context what comes before; where it has no tokens, the model's BOS token, or else its EOS token, does
         * @param continuations what is scored, each by itself
         */
        public record Item(Prompt context, List<Prompt> continuations) {
            public Item {
                continuations = List.copyOf(continuations);
            }
        }
    }

    /**
     * How likely long texts are. Each token is predicted once: a text is cut into windows, each window's tokens after the
     * first see those before them in it, and the last window is moved back so that it is full, too. The first token of a
     * text comes after the model's BOS token, or else its EOS token.
     *
     * @param window tokens that are computed together, from 1 to the context's size; 0 for that size
     * @param partition of the prefix cache, as in {@link Generate.Cache}
     */
    record ScoreRolling(List<Prompt> texts, int window, Generate.Schedule schedule, String partition)
            implements Query<Reply.RollingScored> {
        public static final Range WINDOW = Range.atLeast(0);

        public ScoreRolling {
            texts = List.copyOf(texts);
            WINDOW.check("window", window);
        }

        public ScoreRolling(List<Prompt> texts, int window, Generate.Schedule schedule) {
            this(texts, window, schedule, "");
        }
    }

    /** What a JSON schema is as a grammar. */
    record SchemaToGrammar(String schema) implements Query<Reply.GrammarText> {}

    /**
     * What vectors texts have. Inputs of all callers are computed together, between the steps of running generations; a
     * caller that is interrupted gives up what is not computed yet.
     *
     * @param inputs each with at least one token
     * @param pooling how the vectors of an input's tokens become one
     * @param normalize -1 leaves vectors as they are, 0 makes the largest number 32760, 1 divides by the sum of absolute
     *     values, 2 by the Euclidean length, p by the p-norm; vectors of single tokens and scores stay as they are
     * @param dimensions keep the first so many numbers of each vector, before it is normalized; empty for all
     */
    record Embed(List<Prompt> inputs, Pooling pooling, int normalize, OptionalInt dimensions)
            implements Query<Reply.Embeddings> {

        /** How many inputs one question may have. */
        public static final Range INPUTS = Range.of(1, 2048);

        public static final Range NORMALIZE = Range.atLeast(-1);
        public static final Range DIMENSIONS = Range.atLeast(1);
        public static final int EUCLIDEAN = 2;

        public Embed {
            inputs = List.copyOf(inputs);
            if (!INPUTS.contains(inputs.size())) {
                throw new InvalidRequestException("input", inputs.size() + " texts", "must be " + INPUTS + " texts");
            }
            NORMALIZE.check("embd_normalize", normalize);
            dimensions.ifPresent(count -> DIMENSIONS.check("dimensions", count));
        }

        /** By the model's own pooling, of Euclidean length 1. */
        public static Embed of(List<Prompt> inputs) {
            return new Embed(inputs, Pooling.MODEL, EUCLIDEAN, OptionalInt.empty());
        }

        public Embed with(Pooling newPooling) {
            return new Embed(inputs, newPooling, normalize, dimensions);
        }

        public Embed normalizedBy(int norm) {
            return new Embed(inputs, pooling, norm, dimensions);
        }
    }

    /** How well documents answer a query, by a reranker. Computed like {@link Embed}. */
    record Rerank(String query, List<String> documents) implements Query<Reply.Ranking> {

        /** How many documents one question may have. */
        public static final Range DOCUMENTS = Range.of(1, 10_000);

        public Rerank {
            documents = List.copyOf(documents);
            if (!DOCUMENTS.contains(documents.size())) {
                throw new InvalidRequestException(
                        "documents", documents.size() + " documents", "must be " + DOCUMENTS + " documents");
            }
        }
    }
}
