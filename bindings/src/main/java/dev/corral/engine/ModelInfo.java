package dev.corral.engine;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A loaded model.
 *
 * @param capabilities what it can do
 * @param name what clients call it
 * @param path where its file is
 * @param description architecture, size and quantization in words
 * @param parameters number of weights
 * @param sizeBytes size of all tensors
 * @param fileType how most weights are quantized, such as Q4_1
 * @param vocabulary size and special tokens
 * @param embeddingSize length of an embedding
 * @param embedding how it makes vectors
 * @param trainedContext tokens of context it was trained for
 * @param contextSize tokens of context one request may use here
 * @param slots how many requests run at once
 * @param chatTemplate the template's source, when it has one
 * @param chatCapabilities what the template can express, by llama.cpp's names
 * @param metadata the model file's scalar metadata
 * @param engine version of the native library
 */
public record ModelInfo(
        Set<Capability> capabilities,
        String name,
        String path,
        String description,
        long parameters,
        long sizeBytes,
        String fileType,
        VocabularyInfo vocabulary,
        int embeddingSize,
        Embedding embedding,
        int trainedContext,
        int contextSize,
        int slots,
        Optional<String> chatTemplate,
        Map<String, Boolean> chatCapabilities,
        Map<String, String> metadata,
        String engine) {

    public ModelInfo {
        capabilities = Set.copyOf(capabilities);
        chatCapabilities = Map.copyOf(chatCapabilities);
        metadata = Map.copyOf(metadata);
    }

    /**
     * @param type the vocabulary's kind, as llama.cpp numbers it
     * @param size number of tokens; ids run from 0 to size - 1
     * @param bos text of the token that begins a text, "" when there is none
     * @param eos text of the token that ends a text, "" when there is none
     * @param infill the tokens that fill in the middle
     */
    public record VocabularyInfo(int type, int size, String bos, String eos, InfillTokens infill) {

        /** Of a model that can't fill in the middle. */
        public VocabularyInfo(int type, int size, String bos, String eos) {
            this(type, size, bos, eos, InfillTokens.NONE);
        }
    }

    /**
     * The tokens between the parts of a text whose middle is to be filled in; empty where the vocabulary has none.
     *
     * @param first what every text of this model begins with
     * @param prefix before what stands before the gap
     * @param suffix before what stands after it
     * @param middle before what is generated
     * @param repository before a repository's name
     * @param file before a file's name
     */
    public record InfillTokens(
            OptionalInt first,
            OptionalInt prefix,
            OptionalInt suffix,
            OptionalInt middle,
            OptionalInt repository,
            OptionalInt file) {
        public static final InfillTokens NONE = new InfillTokens(
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty());
    }

    public boolean can(Capability capability) {
        return capabilities.contains(capability);
    }

    /**
     * @param pooling what {@link Pooling#MODEL} stands for
     * @param maxTokens the longest input, and the longest pair of query and document
     */
    public record Embedding(Pooling pooling, int maxTokens) {}
}
