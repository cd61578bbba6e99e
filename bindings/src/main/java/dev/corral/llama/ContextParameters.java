package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.llama_context_params;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** {@link ContextOptions} as a {@code llama_context_params}. */
final class ContextParameters {

    private ContextParameters() {}

    static MemorySegment allocate(ContextOptions options, AbortFlag abort, SegmentAllocator allocator) {
        MemorySegment params = Native.llama_context_default_params(allocator);
        llama_context_params.n_ctx(params, options.contextSize());
        llama_context_params.n_batch(params, options.batchSize());
        llama_context_params.n_ubatch(params, options.microBatchSize());
        llama_context_params.n_seq_max(params, options.maxSequences());
        llama_context_params.n_rs_seq(params, options.recurrentSnapshots());
        llama_context_params.n_outputs_max(params, options.maxOutputs());
        llama_context_params.n_threads(params, options.threads());
        llama_context_params.n_threads_batch(params, options.batchThreads());
        llama_context_params.pooling_type(params, options.pooling().value());
        llama_context_params.attention_type(params, options.attention().value());
        llama_context_params.flash_attn_type(params, options.flashAttention().value());
        llama_context_params.type_k(params, options.keyType().value());
        llama_context_params.type_v(params, options.valueType().value());
        llama_context_params.embeddings(params, options.embeddings());
        llama_context_params.offload_kqv(params, options.offloadKqv());
        llama_context_params.op_offload(params, options.offloadOperations());
        llama_context_params.swa_full(params, options.swaFull());
        llama_context_params.kv_unified(params, options.kvUnified());
        llama_context_params.no_perf(params, !options.measure());
        Rope rope = options.rope();
        llama_context_params.rope_scaling_type(params, rope.scaling().value());
        llama_context_params.rope_freq_base(params, rope.frequencyBase());
        llama_context_params.rope_freq_scale(params, rope.frequencyScale());
        llama_context_params.yarn_ext_factor(params, rope.yarnExtrapolation());
        llama_context_params.yarn_attn_factor(params, rope.yarnAttention());
        llama_context_params.yarn_beta_fast(params, rope.yarnBetaFast());
        llama_context_params.yarn_beta_slow(params, rope.yarnBetaSlow());
        llama_context_params.yarn_orig_ctx(params, rope.yarnOriginalContext());
        llama_context_params.abort_callback(params, abort.callback());
        llama_context_params.abort_callback_data(params, abort.segment());
        return params;
    }
}
