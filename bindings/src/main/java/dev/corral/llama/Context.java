package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.llama_perf_context_data;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A model at work: the KV memory, and what the last batch gave. It belongs to the thread that made it, until that
 * {@linkplain #handTo hands it over}; a call by another thread is an {@link IllegalStateException}. Only
 * {@link #requestAbort} and {@link #clearAbort} are for any thread.
 *
 * <p>Outputs are read by the index of their token in the last batch, and are overwritten by the next one.
 */
public final class Context extends NativeHandle {

    private final Model model;
    private final ContextOptions options;
    private final Arena arena;
    private final NativeError error;
    private final AbortFlag abort;
    private final KvMemory memory;
    private volatile Thread owner = Thread.currentThread();
    private boolean causal;
    private List<Adapter> adapters = List.of();

    private Context(Model model, ContextOptions options, MemorySegment pointer, Arena arena, AbortFlag abort) {
        super("context", pointer, model.children());
        this.model = model;
        this.options = options;
        this.arena = arena;
        this.abort = abort;
        this.error = new NativeError(arena);
        this.causal = isCausal(model, options);
        this.memory = new KvMemory(this, Native.llama_get_memory(pointer), memorySequences());
    }

    static Context create(Model model, ContextOptions options) {
        Arena lasting = Arena.ofShared();
        AbortFlag abort = new AbortFlag(lasting);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = ContextParameters.allocate(options, abort, arena);
            MemorySegment context =
                    Model.orThrow("can't make a context", () -> Native.llama_init_from_model(model.pointer(), params));
            return new Context(model, options, context, lasting, abort);
        } catch (RuntimeException | Error e) {
            lasting.close();
            throw e;
        }
    }

    private static boolean isCausal(Model model, ContextOptions options) {
        return switch (options.attention()) {
            case CAUSAL -> true;
            case NON_CAUSAL -> false;
            case UNSPECIFIED -> model.isCausal();
        };
    }

    /** Cells of a unified cache know all of llama.cpp's sequences; streams and recurrent states are made in advance. */
    private int memorySequences() {
        boolean attentionOnly = !model.isRecurrent() && !model.isHybrid();
        return options.kvUnified() && attentionOnly ? ContextOptions.MAX_SEQUENCES : maxSequences();
    }

    @Override
    MemorySegment pointer() {
        if (Thread.currentThread() != owner) {
            throw new IllegalStateException("this context belongs to " + owner + ", not to " + Thread.currentThread());
        }
        return super.pointer();
    }

    /** Makes it another thread's. */
    public void handTo(Thread thread) {
        pointer();
        owner = thread;
    }

    public Model model() {
        return model;
    }

    /** What it was made with; llama.cpp may have changed the sizes. */
    public ContextOptions options() {
        return options;
    }

    // ---- Sizes

    /** Tokens that fit into the KV memory, of all sequences together. */
    public int contextSize() {
        return Native.llama_n_ctx(pointer());
    }

    /** Tokens that fit of one sequence. */
    public int sequenceContextSize() {
        return Native.llama_n_ctx_seq(pointer());
    }

    /** Tokens of the largest batch that {@link #decode} takes. */
    public int batchSize() {
        return Native.llama_n_batch(pointer());
    }

    /** Tokens of the largest batch that {@link #encode} takes. */
    public int microBatchSize() {
        return Native.llama_n_ubatch(pointer());
    }

    public int maxSequences() {
        return Native.llama_n_seq_max(super.pointer());
    }

    /** Steps that a recurrent state can be taken back by. */
    public int recurrentSnapshots() {
        return Native.llama_n_rs_seq(pointer());
    }

    /** Whether a token sees only those before it. */
    public boolean isCausal() {
        return causal;
    }

    public Pooling pooling() {
        return Pooling.of(Native.llama_pooling_type(pointer()));
    }

    /** Sequences share one pool of cells. */
    public boolean kvUnified() {
        return options.kvUnified();
    }

    public KvMemory memory() {
        return memory;
    }

    // ---- Computing

    /**
     * Computes a batch and adds it to the KV memory. A context without a memory encodes it instead.
     *
     * @throws IllegalArgumentException when the batch is empty, or larger than {@link #batchSize}; where attention is not
     *     causal or there is no memory, larger than {@link #microBatchSize}
     * @throws LlamaException INVALID_ARGUMENT for a token, sequence or position that can't be, OUT_OF_MEMORY or FAILED
     *     when computing fails
     */
    public DecodeResult decode(Batch batch) {
        MemorySegment context = pointer();
        checkSize(batch, causal && memory.exists() ? batchSize() : microBatchSize());
        NativeLog.collectComplaints();
        return result(Native.corral_decode(context, batch.pointer(), error.segment()));
    }

    /**
     * Computes a batch with the model's encoder, all of it at once and apart from the KV memory.
     *
     * @return DECODED or ABORTED
     * @throws IllegalArgumentException when the batch is empty or larger than {@link #microBatchSize}
     */
    public DecodeResult encode(Batch batch) {
        MemorySegment context = pointer();
        checkSize(batch, microBatchSize());
        NativeLog.collectComplaints();
        return result(Native.corral_encode(context, batch.pointer(), error.segment()));
    }

    /** Adds the chunk that a projector encoded last to a sequence. */
    DecodeResult decodeMedia(MemorySegment projector, MemorySegment chunk, int position, int sequence) {
        MemorySegment context = pointer();
        checkAdapters();
        NativeLog.collectComplaints();
        return result(Native.corral_media_decode(projector, context, chunk, position, sequence, error.segment()));
    }

    private void checkSize(Batch batch, int limit) {
        if (batch.isEmpty() || batch.size() > limit) {
            throw new IllegalArgumentException("the batch has " + batch.size() + " tokens, must have 1 to " + limit);
        }
        checkAdapters();
    }

    private void checkAdapters() {
        for (Adapter adapter : adapters) {
            adapter.checkOpen();
        }
    }

    private DecodeResult result(int code) {
        String complaints = NativeLog.complaints();
        if (code == Native.CORRAL_OK()) {
            return DecodeResult.DECODED;
        }
        if (code == Native.CORRAL_NO_SPACE()) {
            return DecodeResult.NO_SPACE;
        }
        if (code == Native.CORRAL_ABORTED()) {
            return DecodeResult.ABORTED;
        }
        throw error.exception(code, complaints);
    }

    /** Waits for the devices. Reading an output does that by itself. */
    public void synchronize() {
        Native.llama_synchronize(pointer());
    }

    /** Stops a computation on the CPU at its next operation, and later ones at once. For any thread. */
    public void requestAbort() {
        checkOpen();
        abort.raise();
    }

    /** Lets computations run again. For any thread. */
    public void clearAbort() {
        checkOpen();
        abort.lower();
    }

    public boolean isAbortRequested() {
        checkOpen();
        return abort.isRaised();
    }

    // ---- Outputs of the last batch

    /**
     * Copies the logits of one token.
     *
     * @param output the token's index in the batch
     * @param target takes one number for each token of the vocabulary
     * @throws IllegalArgumentException when that token has no output, or the target is too small
     */
    public void copyLogits(int output, float[] target) {
        Bounds.check("output", output, 0, Integer.MAX_VALUE);
        copy(
                "logits at " + output,
                Native.llama_get_logits_ith(pointer(), output),
                model.vocabulary().size(),
                target);
    }

    /**
     * Copies the embedding of one token, of {@link Model#outputEmbeddingSize} numbers.
     *
     * @param output the token's index in the batch
     * @throws IllegalArgumentException when that token has no output, or the target is too small
     */
    public void embeddings(int output, float[] target) {
        Bounds.check("output", output, 0, Integer.MAX_VALUE);
        copy(
                "embeddings at " + output,
                Native.llama_get_embeddings_ith(pointer(), output),
                model.outputEmbeddingSize(),
                target);
    }

    /**
     * Copies the pooled embedding of a sequence, of {@link Model#outputEmbeddingSize} numbers; of a reranker, its scores,
     * one for each of {@link Model#classifierLabels}.
     *
     * @throws IllegalArgumentException when there is none for that sequence, or the target is too small
     */
    public void sequenceEmbeddings(int sequence, float[] target) {
        int size =
                pooling() == Pooling.RANK ? Native.llama_model_n_cls_out(model.pointer()) : model.outputEmbeddingSize();
        copy("embeddings of sequence " + sequence, Native.llama_get_embeddings_seq(pointer(), sequence), size, target);
    }

    private static void copy(String what, MemorySegment row, int size, float[] target) {
        if (row.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("the last batch gave no " + what);
        }
        if (target.length < size) {
            throw new IllegalArgumentException("room for " + target.length + " " + what + ", there are " + size);
        }
        MemorySegment.copy(row.reinterpret((long) size * Float.BYTES), ValueLayout.JAVA_FLOAT, 0, target, 0, size);
    }

    // ---- Settings

    /**
     * Changes how many threads compute from now on.
     *
     * @param threads for batches of one token
     * @param batchThreads for larger ones
     */
    public void setThreads(int threads, int batchThreads) {
        Bounds.check("threads", threads, 1, ContextOptions.MAX_THREADS);
        Bounds.check("batchThreads", batchThreads, 1, ContextOptions.MAX_THREADS);
        Native.llama_set_n_threads(pointer(), threads, batchThreads);
    }

    public int threads() {
        return Native.llama_n_threads(pointer());
    }

    public int batchThreads() {
        return Native.llama_n_threads_batch(pointer());
    }

    /** Whether batches give embeddings beside logits. */
    public void setEmbeddings(boolean output) {
        Native.llama_set_embeddings(pointer(), output);
    }

    /** Whether a token sees only those before it. Where not, a batch must fit into {@link #microBatchSize}. */
    public void setCausalAttention(boolean on) {
        Native.llama_set_causal_attn(pointer(), on);
        causal = on;
    }

    /**
     * Applies adapters from the next batch on, in place of those before. They must stay open while they are applied.
     *
     * @param scales strength of each; 1 is as it was trained
     */
    public void setAdapters(List<Adapter> newAdapters, float[] scales) {
        if (newAdapters.size() != scales.length) {
            throw new IllegalArgumentException(newAdapters.size() + " adapters and " + scales.length + " scales");
        }
        try (Arena call = Arena.ofConfined()) {
            int count = scales.length;
            MemorySegment pointers = call.allocate(ValueLayout.ADDRESS, Math.max(1, count));
            MemorySegment strengths = call.allocate(ValueLayout.JAVA_FLOAT, Math.max(1, count));
            for (int i = 0; i < count; i++) {
                Adapter adapter = newAdapters.get(i);
                if (adapter.model() != model) {
                    throw new IllegalArgumentException("an adapter of another model");
                }
                pointers.setAtIndex(ValueLayout.ADDRESS, i, adapter.pointer());
                strengths.setAtIndex(ValueLayout.JAVA_FLOAT, i, Bounds.finite("scale", scales[i]));
            }
            int result = Native.llama_set_adapters_lora(pointer(), pointers, count, strengths);
            if (result != 0) {
                throw new LlamaException(Code.FAILED, "can't set the adapters: " + result);
            }
            adapters = List.copyOf(newAdapters);
        }
    }

    // ---- Saved states

    /** A copy of what a sequence has in the KV memory, for the caller to close. */
    public StateBuffer saveState(int sequence, StateScope scope) {
        Bounds.check("sequence", sequence, 0, memory.sequences() - 1);
        long size = Native.llama_state_seq_get_size_ext(pointer(), sequence, scope.flags());
        if (size == 0) {
            throw new LlamaException(Code.FAILED, "the state of sequence " + sequence + " can't be saved");
        }
        StateBuffer buffer = StateBuffer.allocate(size, scope);
        long written = Native.llama_state_seq_get_data_ext(pointer(), buffer.pointer(), size, sequence, scope.flags());
        if (written != size) {
            buffer.close();
            throw new LlamaException(
                    Code.FAILED, "saved " + written + " of " + size + " bytes of the state of sequence " + sequence);
        }
        return buffer;
    }

    /**
     * Puts a saved state in place of what a sequence has.
     *
     * @throws LlamaException FAILED when it does not fit this context, or there is no room for it; the sequence is empty
     *     then
     */
    public void restoreState(int sequence, StateBuffer state) {
        Bounds.check("sequence", sequence, 0, memory.sequences() - 1);
        NativeLog.collectComplaints();
        long read = Native.llama_state_seq_set_data_ext(
                pointer(),
                state.pointer(),
                state.size(),
                sequence,
                state.scope().flags());
        String complaints = NativeLog.complaints();
        if (read == 0) {
            memory.remove(sequence, -1, -1);
            throw new LlamaException(
                    Code.FAILED, "can't restore the state of sequence " + sequence + ": " + complaints);
        }
    }

    // ---- Counters

    public ContextTimings timings() {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment data = Native.llama_perf_context(call, pointer());
            return new ContextTimings(
                    llama_perf_context_data.t_load_ms(data),
                    llama_perf_context_data.t_p_eval_ms(data),
                    llama_perf_context_data.t_eval_ms(data),
                    llama_perf_context_data.n_p_eval(data),
                    llama_perf_context_data.n_eval(data),
                    llama_perf_context_data.n_reused(data));
        }
    }

    public void resetTimings() {
        Native.llama_perf_context_reset(pointer());
    }

    // ---- Its end

    @Override
    void checkClosable() {
        Thread holder = owner;
        if (Thread.currentThread() != holder && holder.isAlive() && !isClosed()) {
            throw new IllegalStateException("a context can only be closed by its thread, " + holder);
        }
    }

    @Override
    void free(MemorySegment pointer) {
        Native.llama_free(pointer);
        arena.close();
    }
}
