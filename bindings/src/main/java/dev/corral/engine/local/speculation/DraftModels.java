package dev.corral.engine.local.speculation;

import dev.corral.engine.local.cache.MemoryTraits;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.CacheType;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.Model;
import dev.corral.llama.ModelOptions;
import dev.corral.llama.Vocabulary;
import org.jspecify.annotations.Nullable;

/** Loads the draft model beside the model that it drafts for. */
public final class DraftModels {

    private static final int IDLE_SEQUENCES = 8;

    private DraftModels() {}

    /**
     * The draft model that the options name, or null.
     *
     * @param target the context of the model that it drafts for, which has as much room
     * @throws IllegalArgumentException when it can't draft for a model of this vocabulary
     */
    public static @Nullable DraftModel load(LocalEngineOptions options, Context target, Vocabulary vocabulary) {
        LocalEngineOptions.@Nullable Draft draft = options.draft().orElse(null);
        if (draft == null) {
            return null;
        }
        Model model = Model.open(draft.model(), modelOptions(options, draft), loaded -> true);
        try {
            if (!model.hasDecoder() || model.isRecurrent() || model.isHybrid()) {
                throw new IllegalArgumentException("the memory of the draft model "
                        + draft.model().getFileName() + " can't be cut back to what was accepted");
            }
            VocabularyMatch.require(vocabulary, model.vocabulary());
            Context context = model.newContext(contextOptions(options, draft, target));
            MemoryTraits traits =
                    new MemoryTraits(context.maxSequences(), context.contextSize(), true, true, model.slidingWindow());
            return new DraftModel(model, context, traits, options.slots(), vocabulary.size());
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    private static ModelOptions modelOptions(LocalEngineOptions options, LocalEngineOptions.Draft draft) {
        return ModelOptions.builder()
                .gpuLayers(Math.max(-1, draft.gpuLayers()))
                .mmap(options.mmap())
                .mlock(options.mlock())
                .build();
    }

    private static ContextOptions contextOptions(
            LocalEngineOptions options, LocalEngineOptions.Draft draft, Context target) {
        ContextOptions.Builder builder = ContextOptions.builder()
                .contextSize(target.contextSize())
                .batchSize(target.options().batchSize())
                .microBatchSize(target.options().microBatchSize())
                .maxSequences(Math.min(ContextOptions.MAX_SEQUENCES, options.slots() + IDLE_SEQUENCES))
                .kvUnified(true)
                .flashAttention(target.options().flashAttention())
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
        return builder.build();
    }
}
