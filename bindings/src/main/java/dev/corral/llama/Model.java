package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.DoublePredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A model in memory. It owns the contexts, samplers, grammars, templates, adapters and projectors that were made from it: closing it
 * closes those first, the newest first.
 *
 * <p>Safe for several threads. {@link #close} waits for calls that are in progress, and refuses while a context belongs
 * to another, living thread.
 */
public final class Model extends NativeHandle {

    private final SharedPointer shared;
    private final Children children = new Children();
    private final boolean vocabularyOnly;
    private final Vocabulary vocabulary;

    private Model(SharedPointer shared, boolean vocabularyOnly) {
        super("model", shared.segment(), null);
        this.shared = shared;
        this.vocabularyOnly = vocabularyOnly;
        this.vocabulary = new Vocabulary(this, shared.derived(Native.llama_model_get_vocab(shared.segment())));
    }

    /** Loads a model with the default options. */
    public static Model open(Path file) {
        return open(file, ModelOptions.DEFAULT);
    }

    public static Model open(Path file, ModelOptions options) {
        return open(file, options, fraction -> true);
    }

    /**
     * Loads a model from a GGUF file; of a split model, from its first file.
     *
     * @param progress called by this thread with what is loaded, 0 to 1; returning false ends the loading
     * @throws LlamaException INVALID_ARGUMENT when there is no such file, CANCELLED when {@code progress} said so, FAILED
     *     with llama.cpp's complaints otherwise
     */
    public static Model open(Path file, ModelOptions options, DoublePredicate progress) {
        NativeLibrary.load();
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new LlamaException(Code.INVALID_ARGUMENT, "no model file that can be read at " + file);
        }
        Arena lasting = Arena.ofShared();
        try (Arena loading = Arena.ofConfined()) {
            ModelParameters parameters = new ModelParameters(options, progress, lasting, loading);
            MemorySegment path = Utf8.terminated(loading, file.toString(), "the model's path");
            NativeLog.collectComplaints();
            MemorySegment model = Native.llama_model_load_from_file(path, parameters.segment());
            String complaints = NativeLog.complaints();
            if (model.equals(MemorySegment.NULL)) {
                lasting.close();
                throw failedToOpen(file, parameters, complaints);
            }
            return new Model(new SharedPointer(lasting, model, Native::llama_model_free), options.vocabularyOnly());
        }
    }

    private static LlamaException failedToOpen(Path file, ModelParameters parameters, String complaints) {
        @Nullable Throwable failure = parameters.failure();
        if (failure != null) {
            return new LlamaException(
                    Code.CANCELLED, "loading " + file + " ended: the progress callback failed", failure);
        }
        if (parameters.cancelled()) {
            return new LlamaException(Code.CANCELLED, "loading " + file + " was cancelled");
        }
        return new LlamaException(Code.FAILED, "can't load " + file + ": " + complaints);
    }

    // ---- What it is

    /** "llama 135M Q4_1". */
    public String description() {
        return Metadata.text((buffer, capacity) -> Native.llama_model_desc(pointer(), buffer, capacity));
    }

    public long parameterCount() {
        return Native.llama_model_n_params(pointer());
    }

    /** Bytes of all tensors together. */
    public long sizeBytes() {
        return Native.llama_model_size(pointer());
    }

    /** How most weights are quantized: "Q4_1". */
    public String fileType() {
        return Utf8.read(Native.llama_ftype_name(Native.llama_model_ftype(pointer())));
    }

    /** Tokens of context that it was trained on. */
    public int trainedContext() {
        return Native.llama_model_n_ctx_train(pointer());
    }

    /** Numbers in the vector that goes from layer to layer. */
    public int embeddingSize() {
        return Native.llama_model_n_embd(pointer());
    }

    /** Numbers in a vector that is put in instead of a token. */
    public int inputEmbeddingSize() {
        return Native.llama_model_n_embd_inp(pointer());
    }

    /** Numbers in an embedding that comes out. */
    public int outputEmbeddingSize() {
        return Native.llama_model_n_embd_out(pointer());
    }

    public int layers() {
        return Native.llama_model_n_layer(pointer());
    }

    public int heads() {
        return Native.llama_model_n_head(pointer());
    }

    /** Heads of keys and values, which heads of queries share. */
    public int keyValueHeads() {
        return Native.llama_model_n_head_kv(pointer());
    }

    /** Tokens that sliding-window layers see; 0 where there are none. */
    public int slidingWindow() {
        return Native.llama_model_n_swa(pointer());
    }

    /** Its memory is a state and no list of tokens (Mamba, RWKV). */
    public boolean isRecurrent() {
        return Native.llama_model_is_recurrent(pointer());
    }

    /** It has both recurrent layers and attention. */
    public boolean isHybrid() {
        return Native.llama_model_is_hybrid(pointer());
    }

    public boolean isDiffusion() {
        return Native.llama_model_is_diffusion(pointer());
    }

    /** It wants {@link Context#encode} before anything is decoded. */
    public boolean hasEncoder() {
        return Native.llama_model_has_encoder(pointer());
    }

    public boolean hasDecoder() {
        return Native.llama_model_has_decoder(pointer());
    }

    /** The token that starts the output of a model with an encoder and a decoder. */
    public OptionalInt decoderStartToken() {
        int token = Native.llama_model_decoder_start_token(pointer());
        return token == Native.LLAMA_TOKEN_NULL() ? OptionalInt.empty() : OptionalInt.of(token);
    }

    public RopeType ropeType() {
        return RopeType.of(Native.llama_model_rope_type(pointer()));
    }

    /** How its makers meant the embeddings of a text to be pooled. */
    public Pooling poolingType() {
        String architecture = metadata().getOrDefault("general.architecture", "");
        String declared = metadata().get(architecture + ".pooling_type");
        return declared == null ? Pooling.UNSPECIFIED : Pooling.of(Integer.parseInt(declared));
    }

    /** Whether a token sees only those before it, unless a context has it otherwise; as far as its file says. */
    public boolean isCausal() {
        String architecture = metadata().getOrDefault("general.architecture", "");
        return !"false".equals(metadata().get(architecture + ".attention.causal"));
    }

    /** Names of a classifier's or a reranker's outputs; a name that the model doesn't give is empty. */
    public List<String> classifierLabels() {
        int count = Native.llama_model_n_cls_out(pointer());
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            labels.add(Utf8.read(Native.llama_model_cls_label(pointer(), i)));
        }
        return labels;
    }

    /** The file's key-value pairs as text, but for arrays. Read anew at each call. */
    public Map<String, String> metadata() {
        return Metadata.read(
                Native.llama_model_meta_count(pointer()),
                (i, buffer, capacity) -> Native.llama_model_meta_key_by_index(pointer(), i, buffer, capacity),
                (i, buffer, capacity) -> Native.llama_model_meta_val_str_by_index(pointer(), i, buffer, capacity));
    }

    public Vocabulary vocabulary() {
        checkOpen();
        return vocabulary;
    }

    // ---- What is made from it

    /**
     * A context, which belongs to the calling thread.
     *
     * @throws LlamaException when llama.cpp refuses the options or has no memory for them
     * @throws IllegalStateException when only the vocabulary was loaded
     */
    public Context newContext(ContextOptions options) {
        if (vocabularyOnly) {
            throw new IllegalStateException("only the vocabulary of this model was loaded");
        }
        return children.add(() -> Context.create(this, options));
    }

    /** The model's own chat template, or llama.cpp's default (ChatML) where it has none. */
    public ChatTemplate chatTemplate() {
        return chatTemplate(Optional.empty());
    }

    /**
     * A chat template.
     *
     * @param source Jinja, in place of the model's own
     * @throws LlamaException INVALID_ARGUMENT when it does not parse
     */
    public ChatTemplate chatTemplate(Optional<String> source) {
        return children.add(() -> ChatTemplate.create(this, source));
    }

    /**
     * Loads a LoRA adapter that was made for this model. No context may be decoding meanwhile.
     *
     * @throws LlamaException when it can't be read or does not fit
     */
    public Adapter loadAdapter(Path file) {
        return children.add(() -> Adapter.load(this, file));
    }

    /**
     * Loads the projector that lets this model see or hear.
     *
     * @throws LlamaException when it can't be read or does not fit the model
     */
    public Projector openProjector(Path file, ProjectorOptions options) {
        return children.add(() -> Projector.open(this, file, options));
    }

    Children children() {
        return children;
    }

    SharedPointer shared() {
        return shared;
    }

    /** Runs a native call that answers NULL when it fails, and says why in the log. */
    static MemorySegment orThrow(String what, Supplier<MemorySegment> call) {
        NativeLog.collectComplaints();
        MemorySegment result = call.get();
        String complaints = NativeLog.complaints();
        if (result.equals(MemorySegment.NULL)) {
            throw new LlamaException(Code.FAILED, what + ": " + complaints);
        }
        return result;
    }

    @Override
    public void close() {
        if (!isClosed()) {
            children.close();
            super.close();
        }
    }

    @Override
    void free(MemorySegment pointer) {
        shared.close();
    }
}
