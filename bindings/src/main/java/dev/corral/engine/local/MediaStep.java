package dev.corral.engine.local;

import dev.corral.engine.EngineError;
import dev.corral.engine.local.adapter.Adapters;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.Sequence;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.measure.Counters;
import dev.corral.engine.local.media.PromptMedia;
import dev.corral.engine.local.schedule.Scheduler;
import dev.corral.llama.Context;
import dev.corral.llama.DecodeResult;
import dev.corral.llama.LlamaException;
import dev.corral.llama.Projector;
import org.jspecify.annotations.Nullable;

/**
 * Computes images and sounds, between the steps that compute tokens: one at a time, so that whoever streams gets a token
 * in between. The engine thread's.
 */
final class MediaStep {

    private static final System.Logger LOG = System.getLogger(MediaStep.class.getName());

    private final Projector projector;
    private final Context context;
    private final Scheduler scheduler;
    private final KvCache cache;
    private final Adapters adapters;
    private final Counters counters;

    MediaStep(
            Projector projector,
            Context context,
            Scheduler scheduler,
            KvCache cache,
            Adapters adapters,
            Counters counters) {
        this.projector = projector;
        this.context = context;
        this.scheduler = scheduler;
        this.cache = cache;
        this.adapters = adapters;
        this.counters = counters;
    }

    /** Computes the image or sound of a completion that has come to one, if any has. */
    void run() {
        @Nullable Completion completion = scheduler.nextMedia();
        if (completion == null) {
            return;
        }
        long begun = System.nanoTime();
        try {
            PromptMedia.Run run =
                    completion.prompt().media().from(completion.sequence().length());
            if (compute(completion, run)) {
                long now = System.nanoTime();
                scheduler.decoded(completion, run.length());
                counters.stepped(1, run.length(), now - begun);
                completion.progress(now);
            }
        } catch (LlamaException e) {
            LOG.log(System.Logger.Level.ERROR, "an image or sound could not be computed", e);
            cache.trim(completion.sequence());
            scheduler.fail(
                    completion.generation(), new EngineError.Internal("an image or sound could not be computed"));
        }
    }

    /** False when the completion had to make room. */
    private boolean compute(Completion completion, PromptMedia.Run run) {
        PromptMedia media = completion.prompt().media();
        if (!makeRoom(completion, run.length())) {
            return false;
        }
        projector.encode(media.chunks(), run.chunk());
        counters.encoded();
        adapters.apply(completion.adapters());
        while (true) {
            Sequence sequence = completion.sequence();
            DecodeResult result =
                    projector.decode(context, media.chunks(), run.chunk(), sequence.position(), sequence.id());
            if (result == DecodeResult.DECODED) {
                return true;
            }
            cache.trim(sequence);
            if (!cache.evictOne()) {
                scheduler.preemptYoungest();
                if (!completion.isRunning()) {
                    return false;
                }
            }
        }
    }

    private boolean makeRoom(Completion completion, int cells) {
        while (!cache.makeRoom(cells)) {
            scheduler.preemptYoungest();
            if (!completion.isRunning()) {
                return false;
            }
        }
        return true;
    }
}
