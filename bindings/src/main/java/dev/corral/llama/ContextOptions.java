package dev.corral.llama;

/**
 * What a context is made for. llama.cpp rounds some of the sizes: ask the {@link Context} what it has.
 *
 * @param contextSize tokens that the KV cache holds, of all sequences together; 0 means what the model was trained on
 * @param batchSize tokens of the largest batch to decode
 * @param microBatchSize tokens that are computed at once; at most batchSize counts
 * @param maxSequences sequences that may be told apart; at most batchSize
 * @param recurrentSnapshots steps that a recurrent state can be taken back by, where the model's architecture can
 * @param maxOutputs outputs of one micro-batch; 0 means batchSize
 * @param threads threads that compute a batch of one token
 * @param batchThreads threads that compute larger batches
 * @param attention whether tokens see later ones of their batch
 * @param kvUnified sequences share one pool of cells, and a shared prefix is stored once
 * @param keyType how the keys in the KV cache are stored
 * @param valueType how the values in the KV cache are stored
 * @param embeddings output embeddings beside logits
 * @param offloadKqv keep the KV cache on the GPU
 * @param offloadOperations let a GPU compute large operations on tensors of the host
 * @param swaFull keep all tokens of sliding-window layers, so that a sequence can be cut anywhere
 * @param measure count time for {@link Context#timings}
 */
public record ContextOptions(
        int contextSize,
        int batchSize,
        int microBatchSize,
        int maxSequences,
        int recurrentSnapshots,
        int maxOutputs,
        int threads,
        int batchThreads,
        Rope rope,
        Pooling pooling,
        Attention attention,
        FlashAttention flashAttention,
        boolean kvUnified,
        CacheType keyType,
        CacheType valueType,
        boolean embeddings,
        boolean offloadKqv,
        boolean offloadOperations,
        boolean swaFull,
        boolean measure) {

    /** llama.cpp's own limit. */
    public static final int MAX_SEQUENCES = 256;

    public static final int MAX_THREADS = 512;
    public static final int MAX_CONTEXT = 1 << 28;
    public static final int MAX_BATCH = 1 << 20;

    public static final ContextOptions DEFAULT = builder().build();

    public ContextOptions {
        Bounds.check("contextSize", contextSize, 0, MAX_CONTEXT);
        Bounds.check("batchSize", batchSize, 1, MAX_BATCH);
        Bounds.check("microBatchSize", microBatchSize, 1, MAX_BATCH);
        // llama.cpp aborts where a batch can't have an output for each
        int outputs = Math.min(batchSize, contextSize == 0 ? batchSize : contextSize);
        Bounds.check("maxSequences", maxSequences, 1, Math.min(MAX_SEQUENCES, outputs));
        Bounds.check("recurrentSnapshots", recurrentSnapshots, 0, MAX_BATCH);
        Bounds.check("maxOutputs", maxOutputs, 0, MAX_BATCH);
        Bounds.check("threads", threads, 1, MAX_THREADS);
        Bounds.check("batchThreads", batchThreads, 1, MAX_THREADS);
    }

    public static Builder builder() {
        return new Builder();
    }

    public static final class Builder {
        private int contextSize;
        private int batchSize = 2048;
        private int microBatchSize = 512;
        private int maxSequences = 1;
        private int recurrentSnapshots;
        private int maxOutputs;
        private int threads = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAX_THREADS);
        private int batchThreads = threads;
        private Rope rope = Rope.FROM_MODEL;
        private Pooling pooling = Pooling.UNSPECIFIED;
        private Attention attention = Attention.UNSPECIFIED;
        private FlashAttention flashAttention = FlashAttention.AUTO;
        private boolean kvUnified;
        private CacheType keyType = CacheType.F16;
        private CacheType valueType = CacheType.F16;
        private boolean embeddings;
        private boolean offloadKqv = true;
        private boolean offloadOperations = true;
        private boolean swaFull = true;
        private boolean measure;

        private Builder() {}

        public Builder contextSize(int tokens) {
            contextSize = tokens;
            return this;
        }

        public Builder batchSize(int tokens) {
            batchSize = tokens;
            return this;
        }

        public Builder microBatchSize(int tokens) {
            microBatchSize = tokens;
            return this;
        }

        public Builder maxSequences(int sequences) {
            maxSequences = sequences;
            return this;
        }

        public Builder recurrentSnapshots(int steps) {
            recurrentSnapshots = steps;
            return this;
        }

        public Builder maxOutputs(int outputs) {
            maxOutputs = outputs;
            return this;
        }

        /** Also sets the threads of larger batches; call {@link #batchThreads} after it for another number. */
        public Builder threads(int count) {
            threads = count;
            batchThreads = count;
            return this;
        }

        public Builder batchThreads(int count) {
            batchThreads = count;
            return this;
        }

        public Builder rope(Rope newRope) {
            rope = newRope;
            return this;
        }

        public Builder pooling(Pooling newPooling) {
            pooling = newPooling;
            return this;
        }

        public Builder attention(Attention newAttention) {
            attention = newAttention;
            return this;
        }

        public Builder flashAttention(FlashAttention when) {
            flashAttention = when;
            return this;
        }

        public Builder kvUnified(boolean unified) {
            kvUnified = unified;
            return this;
        }

        public Builder keyType(CacheType type) {
            keyType = type;
            return this;
        }

        public Builder valueType(CacheType type) {
            valueType = type;
            return this;
        }

        public Builder embeddings(boolean output) {
            embeddings = output;
            return this;
        }

        public Builder offloadKqv(boolean offload) {
            offloadKqv = offload;
            return this;
        }

        public Builder offloadOperations(boolean offload) {
            offloadOperations = offload;
            return this;
        }

        public Builder swaFull(boolean full) {
            swaFull = full;
            return this;
        }

        public Builder measure(boolean on) {
            measure = on;
            return this;
        }

        public ContextOptions build() {
            return new ContextOptions(
                    contextSize,
                    batchSize,
                    microBatchSize,
                    maxSequences,
                    recurrentSnapshots,
                    maxOutputs,
                    threads,
                    batchThreads,
                    rope,
                    pooling,
                    attention,
                    flashAttention,
                    kvUnified,
                    keyType,
                    valueType,
                    embeddings,
                    offloadKqv,
                    offloadOperations,
                    swaFull,
                    measure);
        }
    }
}
