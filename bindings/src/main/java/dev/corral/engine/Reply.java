package dev.corral.engine;

import java.util.List;
import java.util.Optional;

/** The answer to a {@link Query}. */
public sealed interface Reply {

    /**
     * @param tokens the text's tokens
     * @param pieces each token's text as UTF-8 bytes, which need not be whole characters; empty unless asked for
     */
    record Tokenized(Tokens tokens, List<byte[]> pieces) implements Reply {}

    /** @param tokens of the prompt; an image or sound counts as the tokens of context that it takes */
    record Measured(int tokens) implements Reply {}

    /** @param text the tokens' text, with U+FFFD where bytes are no UTF-8 */
    record Detokenized(String text) implements Reply {}

    /**
     * @param prompt the rendered prompt, to be tokenized without adding special tokens twice
     * @param grammar what the answer must look like, given the tools and the grammar asked for
     * @param stop strings that the template wants to end at
     * @param visible control tokens that must be visible in the answer so that it can be read
     * @param format how the answer is to be read into a message, as opaque text for {@link Query.ReadMessage}; empty
     *     where the answer is the message's content as it stands
     */
    record Templated(
            String prompt, Optional<Grammar> grammar, List<String> stop, Tokens visible, Optional<String> format)
            implements Reply {
        public Templated {
            stop = List.copyOf(stop);
        }
    }

    /**
     * A message, as far as it was written.
     *
     * @param reasoning what the model thought before it answered
     */
    record Message(String reasoning, String content, List<ToolCall> calls) implements Reply {
        public static final Message EMPTY = new Message("", "", List.of());

        public Message {
            calls = List.copyOf(calls);
        }
    }

    record SlotList(List<SlotState> slots) implements Reply {}

    /**
     * @param tokens that were saved or restored
     * @param bytes of the file
     * @param nanos how long it took
     */
    record SlotStored(int slot, int tokens, long bytes, long nanos) implements Reply {}

    /** @param tokens that were forgotten */
    record SlotErased(int slot, int tokens) implements Reply {}

    /** @param sequences that left the KV cache */
    record Vacated(int sequences) implements Reply {}

    /** @param items for each item, its continuations in their order */
    record Scored(List<List<Likelihood>> items) implements Reply {
        public Scored {
            items = items.stream().map(List::copyOf).toList();
        }
    }

    /** @param texts one for each text */
    record RollingScored(List<Likelihood> texts) implements Reply {
        public RollingScored {
            texts = List.copyOf(texts);
        }
    }

    record GrammarText(String gbnf) implements Reply {}

    /**
     * @param loaded by their ids
     * @param applied to requests that don't choose adapters themselves
     * @param available names of those in the engine's folder of adapters that are not loaded yet; naming one loads it
     * @param switches how often a step had other adapters than the one before, which costs the engine time
     */
    record AdapterList(List<AdapterInfo> loaded, AdapterSet applied, List<String> available, long switches)
            implements Reply {
        public AdapterList {
            loaded = List.copyOf(loaded);
            available = List.copyOf(available);
        }
    }

    /**
     * @param embeddings one for each input, in their order
     * @param pooling how they were pooled, never {@link Pooling#MODEL}
     */
    record Embeddings(List<Embedding> embeddings, Pooling pooling) implements Reply {
        public Embeddings {
            embeddings = List.copyOf(embeddings);
        }

        public int tokens() {
            return embeddings.stream().mapToInt(Embedding::tokens).sum();
        }
    }

    /**
     * @param vectors one, or with {@link Pooling#NONE} one for each token
     * @param tokens of the input, special ones included
     */
    record Embedding(List<float[]> vectors, int tokens) {
        public Embedding {
            vectors = List.copyOf(vectors);
        }
    }

    /** @param scores one for each document, in their order */
    record Ranking(List<Score> scores) implements Reply {
        public Ranking {
            scores = List.copyOf(scores);
        }

        public int tokens() {
            return scores.stream().mapToInt(Score::tokens).sum();
        }
    }

    /**
     * @param value the higher, the better the document answers the query; its range is the model's own
     * @param tokens of query and document together
     */
    record Score(double value, int tokens) {}
}
