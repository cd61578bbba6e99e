package dev.corral.engine.local;

import dev.corral.engine.Capability;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.local.adapter.Adapters;
import dev.corral.engine.local.cache.Cells;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.MemoryTraits;
import dev.corral.engine.local.cache.StateCache;
import dev.corral.engine.local.cache.StateFiles;
import dev.corral.engine.local.chat.ChatTemplates;
import dev.corral.engine.local.embedding.Embedder;
import dev.corral.engine.local.embedding.EmbeddingContext;
import dev.corral.engine.local.embedding.EmbeddingTraits;
import dev.corral.engine.local.measure.Counters;
import dev.corral.engine.local.measure.PrefillPacer;
import dev.corral.engine.local.media.MediaPrompts;
import dev.corral.engine.local.model.CheckedModel;
import dev.corral.engine.local.model.ContextFit;
import dev.corral.engine.local.model.Fingerprint;
import dev.corral.engine.local.model.FreeMemory;
import dev.corral.engine.local.model.MemoryFit;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.RpcServer;
import dev.corral.engine.local.schedule.PrefillShares;
import dev.corral.engine.local.schedule.Scheduler;
import dev.corral.engine.local.schedule.SlotFiles;
import dev.corral.engine.local.schedule.Slots;
import dev.corral.engine.local.score.PromptScorer;
import dev.corral.engine.local.speculation.DraftModels;
import dev.corral.engine.local.speculation.Speculator;
import dev.corral.gguf.ModelShape;
import dev.corral.llama.Context;
import dev.corral.llama.ContextOptions;
import dev.corral.llama.Model;
import dev.corral.llama.ModelOptions;
import dev.corral.llama.NativeLibrary;
import dev.corral.llama.Projector;
import dev.corral.llama.ProjectorOptions;
import dev.corral.llama.SplitMode;
import dev.corral.llama.Vocabulary;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A model in memory with everything that runs it. The loop owns the context; {@link #close} frees the rest and comes
 * after the loop has stopped.
 */
record LoadedModel(
        Model model,
        Vocabulary vocabulary,
        ChatTemplates templates,
        Scheduler scheduler,
        EngineLoop loop,
        Counters counters,
        SlotFiles slotFiles,
        Adapters adapters,
        Embedder embedder,
        EmbeddingTraits embedding,
        ModelInfo info,
        Speculator speculator,
        MediaPrompts media)
        implements AutoCloseable {

    /** Tokens that the images of most models whose image tokens see each other have at most. */
    private static final int WHOLE_IMAGE = 512;

    private static final long MIB = 1L << 20;

    static LoadedModel load(LocalEngineOptions asked, DoubleConsumer progress) {
        CheckedModel files = CheckedModel.read(asked.model());
        asked.rpcServers().forEach(RpcServer::join); // before their memory is asked for
        LocalEngineOptions options = files.files().isEmpty()
                ? asked
                : new MemoryFit(
                                ModelShape.of(files.files()),
                                FreeMemory.now(asked),
                                NativeLibrary.load().attendsOnCpu())
                        .applyTo(asked);
        Model model = Model.open(options.model(), modelOptions(options), loaded -> {
            progress.accept(loaded);
            return true;
        });
        try {
            EmbeddingTraits.checkKind(model, String.valueOf(options.model().getFileName()));
            @Nullable
            Projector projector =
                    options.projector().map(file -> open(file, options, model)).orElse(null);
            ContextFit fit =
                    new ContextFit(options, model, projector != null && projector.attendsAhead() ? WHOLE_IMAGE : 0);
            return model.isCausal() && model.hasDecoder()
                    ? ofDecoder(options, files, fit, model, projector)
                    : ofEncoder(options, files, fit, model, projector);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    private static LoadedModel ofDecoder(
            LocalEngineOptions options,
            CheckedModel files,
            ContextFit fit,
            Model model,
            @Nullable Projector projector) {
        Context context = model.newContext(contextOptions(options, fit));
        try {
            if (context.memory().exists()) {
                EmbeddingTraits embedding = EmbeddingTraits.ofDecoder(model, options, context.sequenceContextSize());
                return assemble(options, files, fit, model, context, embedding, projector);
            }
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
        context.close(); // an encoder whose file does not say so
        return ofEncoder(options, files, fit, model, projector);
    }

    private static LoadedModel ofEncoder(
            LocalEngineOptions options,
            CheckedModel files,
            ContextFit fit,
            Model model,
            @Nullable Projector projector) {
        EmbeddingTraits embedding = EmbeddingTraits.ofEncoder(model, options);
        Context context = EmbeddingContext.ofEncoder(model, fit, embedding);
        try {
            return assemble(options, files, fit, model, context, embedding, projector);
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
    }

    private static LoadedModel assemble(
            LocalEngineOptions options,
            CheckedModel files,
            ContextFit fit,
            Model model,
            Context context,
            EmbeddingTraits embedding,
            @Nullable Projector projector) {
        Vocabulary vocabulary = model.vocabulary();
        ChatTemplates templates = new ChatTemplates(model.chatTemplate(options.chatTemplate()), vocabulary);
        MemoryTraits traits = traits(fit, model, context);
        Inbox inbox = new Inbox();
        Slots slots = new Slots(options.slots());
        long fingerprint = keepsFiles(options) ? Fingerprint.of(options) : 0;
        KvCache cache = new KvCache(new Cells(context, traits), traits, states(options, fingerprint, traits, inbox));
        Counters counters = new Counters(options.slots(), traits.cells());
        PrefillPacer pacer = new PrefillPacer(
                options.stepTargetMillis() * 1_000_000L, context.microBatchSize(), context.batchSize());
        PrefillShares shares =
                new PrefillShares(pacer, traits, context.batchSize(), PromptScorer.outputsPerStep(vocabulary.size()));
        Scheduler scheduler = new Scheduler(cache, traits, slots, shares, counters);
        Adapters adapters = new Adapters(options.adapters(), files, model, context);
        Speculator speculator = new Speculator(
                options.slots(),
                context.sequenceContextSize(),
                options.stepTargetMillis() * 1e6,
                vocabulary::isEndOfGeneration,
                traits.cuttable() && (traits.window() == 0 || options.fullWindowCache()),
                DraftModels.load(options, context, vocabulary),
                counters);
        Embedder embedder =
                Embedder.of(fit, model, context, embedding, options.stepTargetMillis() * 1_000_000L, counters);
        @Nullable
        MediaStep mediaStep =
                projector == null ? null : new MediaStep(projector, context, scheduler, cache, adapters, counters);
        Step step = new Step(
                context,
                vocabulary,
                scheduler,
                cache,
                adapters,
                speculator,
                mediaStep,
                pacer,
                counters,
                options.slots());
        EngineLoop loop = new EngineLoop(
                "corral-engine-" + options.name(),
                inbox,
                context,
                step,
                scheduler,
                cache,
                speculator,
                embedder,
                pacer,
                counters);
        return new LoadedModel(
                model,
                vocabulary,
                templates,
                scheduler,
                loop,
                counters,
                new SlotFiles(options.slotFolder(), fingerprint, slots, cache),
                adapters,
                embedder,
                embedding,
                Description.of(options, model, context, capabilities(embedding, projector), embedding, templates),
                speculator,
                new MediaPrompts(
                        projector,
                        options.projector()
                                .map(Fingerprint::of)
                                .map(Long::toHexString)
                                .orElse(""),
                        context.microBatchSize(),
                        vocabulary.size()));
    }

    private static Projector open(LocalEngineOptions.Projector projector, LocalEngineOptions options, Model model) {
        CheckedModel.checkProjector(projector.file());
        int cores = Runtime.getRuntime().availableProcessors();
        int threads = options.threads() > 0 ? options.threads() : cores;
        return model.openProjector(
                projector.file(),
                new ProjectorOptions(
                        projector.gpu(),
                        options.batchThreads() > 0 ? options.batchThreads() : threads,
                        projector.minTokens(),
                        projector.maxTokens()));
    }

    private static Set<Capability> capabilities(EmbeddingTraits embedding, @Nullable Projector projector) {
        Set<Capability> capabilities = EnumSet.copyOf(embedding.capabilities());
        if (projector != null && projector.sees()) {
            capabilities.add(Capability.SEE);
        }
        if (projector != null && projector.hears()) {
            capabilities.add(Capability.HEAR);
        }
        return capabilities;
    }

    private static boolean keepsFiles(LocalEngineOptions options) {
        return options.cacheFolder().isPresent() || options.slotFolder().isPresent();
    }

    private static ModelOptions modelOptions(LocalEngineOptions options) {
        return ModelOptions.builder()
                .gpuLayers(Math.max(-1, options.gpuLayers()))
                .splitMode(SplitMode.valueOf(options.splitMode().toUpperCase(Locale.ROOT)))
                .mainGpu(options.mainGpu())
                .mmap(options.mmap())
                .mlock(options.mlock())
                .build();
    }

    private static ContextOptions contextOptions(LocalEngineOptions options, ContextFit fit) {
        return fit.computing()
                .contextSize(fit.contextSize())
                .batchSize(options.batchSize())
                .microBatchSize(fit.microBatchSize())
                .maxSequences(fit.sequences())
                .kvUnified(fit.unified())
                .flashAttention(fit.flashAttention())
                .swaFull(options.fullWindowCache())
                .build();
    }

    private static MemoryTraits traits(ContextFit fit, Model model, Context context) {
        boolean recurrent = fit.isRecurrent();
        boolean unified = fit.unified();
        // a copied state holds what its own end sees of a sliding window, and nothing more
        boolean cuttable = !recurrent && (unified || model.slidingWindow() == 0);
        return new MemoryTraits(
                context.maxSequences(), context.contextSize(), unified, cuttable, model.slidingWindow());
    }

    private static StateCache states(LocalEngineOptions options, long fingerprint, MemoryTraits traits, Inbox inbox) {
        @Nullable
        StateFiles files = options.cacheFolder()
                .map(folder -> new StateFiles(folder, fingerprint, options.cacheDiskMiB() * MIB, inbox::post))
                .orElse(null);
        // what a saved sliding window holds is enough to go on at its end, and nowhere else
        return new StateCache(options.cacheRamMiB() * MIB, traits.cuttable() && traits.window() == 0, files);
    }

    @Override
    public void close() {
        model.close();
    }
}
