package dev.corral.engine.local;

import dev.corral.llama.CacheType;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.FlashAttention;
import dev.corral.llama.Model;
import dev.corral.llama.ModelOptions;
import dev.corral.llama.Vocabulary;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Loads the draft model beside the model that it drafts for. */
final class DraftModels {

    private static final int IDLE_SEQUENCES = 8;

    private DraftModels() {}

    /**
     * The draft model that the options name, or null.
     *
     * @throws IllegalArgumentException when it can't draft for a model of this vocabulary
     */
    static @Nullable Model open(LocalEngineOptions options, Vocabulary target) {
        LocalEngineOptions.@Nullable Draft draft = options.draft().orElse(null);
        if (draft == null) {
            return null;
        }
        Model model = Model.open(
                draft.model(),
                ModelOptions.builder()
                        .gpuLayers(Math.max(-1, draft.gpuLayers()))
                        .mmap(options.mmap())
                        .mlock(options.mlock())
                        .build(),
                loaded -> true);
        try {
            if (!model.hasDecoder() || model.isRecurrent() || model.isHybrid()) {
                throw new IllegalArgumentException(
                        "the draft model's memory can't be cut back to what was accepted; it must be a plain transformer");
            }
            DraftModel.requireSameTokens(target, model.vocabulary());
            return model;
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** @param target the context of the model that it drafts for, which has as much room */
    static DraftModel start(LocalEngineOptions options, Model model, Context target, Vocabulary vocabulary) {
        LocalEngineOptions.Draft draft = options.draft().orElseThrow();
        int sequences = Math.min(ContextOptions.MAX_SEQUENCES, options.slots() + IDLE_SEQUENCES);
        ContextOptions.Builder builder = ContextOptions.builder()
                .contextSize(target.contextSize())
                .batchSize(options.batchSize())
                .microBatchSize(Math.min(options.microBatchSize(), options.batchSize()))
                .maxSequences(sequences)
                .kvUnified(true)
                .flashAttention(FlashAttention.valueOf(options.flashAttention().toUpperCase(Locale.ROOT)))
                .keyType(CacheType.named(draft.keyType()))
                .valueType(CacheType.named(draft.valueType()))
                .swaFull(true);
        int threads = draft.threads() > 0 ? draft.threads() : options.threads();
        if (threads > 0) {
            builder.threads(threads);
        }
        int batchThreads = draft.batchThreads() > 0 ? draft.batchThreads() : options.batchThreads();
        if (batchThreads > 0) {
            builder.batchThreads(batchThreads);
        }
        Context context = model.newContext(builder.build());
        MemoryTraits traits = new MemoryTraits(
                context.maxSequences(), context.contextSize(), true, true, model.slidingWindow());
        return new DraftModel(model, context, traits, options.slots(), vocabulary.size());
    }
}
