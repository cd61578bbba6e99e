package dev.corral.engine.local;

import com.sun.management.ThreadMXBean;
import dev.corral.engine.Generate;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.Tokens;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.media.MediaPrompts;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.schedule.Plan;
import dev.corral.engine.local.schedule.Scheduler;
import dev.corral.engine.local.speculation.Lookaheads;
import dev.corral.engine.local.text.Pieces;
import dev.corral.llama.Batch;
import dev.corral.llama.SamplingRows;
import dev.corral.llama.Vocabulary;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The engine's steps for 64 streams with nothing computed: planning, filling the batch and the rows, bookkeeping and
 * emitting are the engine's own, decoding and choosing a token are left out. Used by one thread.
 */
public final class EngineSteps implements AutoCloseable {

    static final int STREAMS = 64;

    private static final int CONTEXT = 16_384;
    private static final int PROMPT = 16;

    /** Before the context is full. */
    private static final int STEPS = CONTEXT / STREAMS - PROMPT - 8;

    private static final int FIRST_TOKEN = 1000;

    private final LoadedModel loaded;
    private final Scheduler scheduler;
    private final Vocabulary vocabulary;
    private final Preparation preparation;
    private final Pieces pieces;
    private final Plan plan = new Plan(STREAMS);
    private final Batch batch = new Batch(2048);
    private final SamplingRows rows = new SamplingRows(STREAMS, 1);
    private final List<LocalGeneration> generations = new ArrayList<>();
    private int steps = STEPS;
    private long ids;

    public EngineSteps(Path model) {
        loaded = LoadedModel.load(
                LocalEngineOptions.builder(model)
                        .contextSize(CONTEXT)
                        .slots(STREAMS)
                        .warmUp(false)
                        .build(),
                part -> {});
        scheduler = loaded.scheduler();
        vocabulary = loaded.vocabulary();
        preparation = new Preparation(vocabulary, CONTEXT, STREAMS, Lookaheads.NONE, MediaPrompts.NONE);
        pieces = new Pieces(vocabulary);
    }

    /** Readers take what came; when the streams have come to their end, others begin. */
    public void prepare() throws InterruptedException {
        for (LocalGeneration generation : generations) {
            while (!generation.ended() && generation.next(Duration.ZERO).isPresent()) {
                // taken
            }
        }
        if (steps == STEPS) {
            begin();
        }
    }

    private void begin() {
        generations.forEach(generation -> scheduler.cancel(generation, System.nanoTime()));
        generations.clear();
        for (int stream = 0; stream < STREAMS; stream++) {
            int first = FIRST_TOKEN + stream * PROMPT;
            Generate request = Generate.of(new Prompt.Ids(
                            Tokens.of(IntStream.range(first, first + PROMPT).toArray())))
                    .with(Sampling.greedySampling())
                    .with(new Generate.Cache(false, Generate.Cache.ANY_SLOT));
            LocalGeneration generation = new LocalGeneration(++ids, request, cancelled -> {}, ended -> {});
            generations.add(generation);
            preparation.prepare(generation).forEach(scheduler::enqueue);
        }
        steps = 0;
        step();
    }

    /** One step of all streams. */
    public void step() {
        steps++;
        long now = System.nanoTime();
        scheduler.expire(now);
        scheduler.admit(now);
        scheduler.plan(plan);
        fillBatch();
        scheduler.decoded(plan);
        fillRows(now);
        emit(now);
    }

    private void fillBatch() {
        batch.clear();
        for (int i = 0; i < plan.size(); i++) {
            Completion completion = plan.completion(i);
            int[] tokens = completion.tokens();
            int from = completion.sequence().length();
            int to = from + plan.count(i);
            for (int position = from; position < to; position++) {
                batch.add(tokens[position], position, completion.sequence().id(), position == completion.length() - 1);
            }
        }
    }

    private void fillRows(long now) {
        rows.clear();
        for (int i = 0; i < plan.size(); i++) {
            Completion completion = plan.completion(i);
            completion.progress(now);
            rows.add(completion.chain(), completion.grammar(), i, 0, false);
        }
    }

    private void emit(long now) {
        for (int i = 0; i < plan.size(); i++) {
            Completion completion = plan.completion(i);
            int token = FIRST_TOKEN + (steps * 31 + i) % 4096;
            completion.sampled(token, now);
            if (vocabulary.isEndOfGeneration(token)
                    || completion.write(
                                    token,
                                    pieces.shown(token, completion.request().output()),
                                    null,
                                    CONTEXT)
                            != null) {
                throw new IllegalStateException("a stream ended");
            }
            completion.answer().flush();
        }
    }

    /** Bytes of Java heap that a step allocates for each token, once the code is warm. */
    public static double bytesPerToken(Path model, int warmUp, int measured) throws InterruptedException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (EngineSteps engine = new EngineSteps(model)) {
            long bytes = 0;
            for (int i = 0; i < warmUp + measured; i++) {
                engine.prepare();
                long before = threads.getCurrentThreadAllocatedBytes();
                engine.step();
                bytes += i < warmUp ? 0 : threads.getCurrentThreadAllocatedBytes() - before;
            }
            return (double) bytes / measured / STREAMS;
        }
    }

    @Override
    public void close() {
        generations.forEach(generation -> scheduler.cancel(generation, System.nanoTime()));
        rows.close();
        batch.close();
        loaded.close();
    }
}
