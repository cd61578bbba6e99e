package dev.corral.engine.local;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Capability;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.adapter.CheckedAdapter;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.embedding.EmbeddingQuestions;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.schedule.Backlog;
import dev.corral.engine.local.score.ScoreQuestions;
import dev.corral.engine.local.speculation.Lookaheads;
import dev.corral.engine.local.text.TextThreads;
import dev.corral.llama.LlamaException;
import dev.corral.llama.NativeLibrary;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;

/**
 * An engine that runs its model in this JVM. Native faults end the JVM: where that matters, run it in a process of its
 * own.
 *
 * <p>Ownership: closing it ends what runs with {@link EngineError.Closed}, then frees the context and the model.
 *
 * <p>Thread-safe.
 */
public final class LocalEngine implements Engine {

    /** How long native work on a request's text may take, unless a process says otherwise: far more than any text needs. */
    public static final Duration TEXT_LIMIT = Duration.ofSeconds(60);

    private static final System.Logger LOG = System.getLogger(LocalEngine.class.getName());

    private final LocalEngineOptions options;
    private final int slots;
    private final LoadedModel loaded;
    private final Preparation preparation;
    private final TextThreads text;
    private final EmbeddingQuestions embedding;
    private final ScoreQuestions scores;
    private final Lookups lookups;
    private final Backlog backlog;
    private final AtomicLong ids = new AtomicLong();
    private volatile boolean closed;

    private LocalEngine(LocalEngineOptions options, LoadedModel loaded, Lookaheads lookaheads) {
        this.options = options;
        this.slots = loaded.info().slots();
        this.loaded = loaded;
        this.preparation =
                new Preparation(loaded.vocabulary(), loaded.info().contextSize(), slots, lookaheads, loaded.media());
        this.text = new TextThreads("corral-text-" + options.name(), 2);
        this.embedding = new EmbeddingQuestions(
                loaded.info(),
                loaded.embedding(),
                loaded.vocabulary(),
                loaded.embedder(),
                text,
                loaded.loop()::post,
                options.queueLimit());
        this.backlog = new Backlog(slots, options.queueLimit());
        this.scores = new ScoreQuestions(
                loaded.vocabulary(),
                loaded.info().contextSize(),
                slots,
                text,
                loaded.loop()::post,
                loaded.scheduler(),
                loaded.adapters(),
                backlog);
        this.lookups = new Lookups(loaded, preparation, text);
    }

    /** Loads the native library ahead of the first {@link #open}, which tells what is wrong with it. */
    public static void prepare() {
        try {
            NativeLibrary.load();
        } catch (LlamaException e) {
            LOG.log(System.Logger.Level.DEBUG, "the native library can't be loaded ahead", e);
        }
    }

    /** Loads a model with default options. */
    public static LocalEngine open(Path model) {
        return open(LocalEngineOptions.of(model), progress -> {});
    }

    /**
     * Loads a model, blocking until it can answer.
     *
     * @param progress told how much is loaded, from 0 to 1, on the calling thread
     * @throws dev.corral.gguf.GgufException when the file is damaged, or llama.cpp could not cope with it
     * @throws dev.corral.llama.LlamaException when the file can't be read as a model, or there is not enough memory
     */
    public static LocalEngine open(LocalEngineOptions options, DoubleConsumer progress) {
        return open(options, progress, Lookaheads.LOOKUP);
    }

    /** @param lookaheads what completions speculate with, where the model's memory allows it */
    static LocalEngine open(LocalEngineOptions options, DoubleConsumer progress, Lookaheads lookaheads) {
        LoadedModel loaded = LoadedModel.load(options, progress);
        loaded.loop().start();
        LocalEngine engine =
                new LocalEngine(options, loaded, loaded.speculator().isPossible() ? lookaheads : Lookaheads.NONE);
        if (options.warmUp()) {
            engine.warmUp();
        }
        return engine;
    }

    private void warmUp() {
        try {
            loaded.loop().warmUp();
        } catch (CompletionException e) {
            close();
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    @Override
    public ModelInfo model() {
        return loaded.info();
    }

    @Override
    public EngineStats stats() {
        return loaded.counters().stats();
    }

    @Override
    public Generation submit(Generate request) {
        return start(new LocalGeneration(ids.incrementAndGet(), request, this::cancel, this::ended));
    }

    /**
     * Like {@link #submit(Generate)}, for a caller that passes events on and keeps no queue of its own.
     *
     * @param id the generation's, in place of one that the engine gives; unique among all of the engine's
     * @param events takes each event as it happens, on whatever thread, one at a time; it must return at once and not call
     *     the engine
     * @return cancels the generation
     */
    public Runnable submit(long id, Generate request, Consumer<Event> events) {
        return start(new LocalGeneration(id, request, this::cancel, this::ended, events))::cancel;
    }

    /**
     * How long the slowest tokenizing, template or grammar has been running by now. Native work on text can't be
     * interrupted: a template that loops holds its thread for good.
     */
    public Duration longestTextWork() {
        return Duration.ofNanos(text.longestNanos());
    }

    /**
     * From now on, fails a request whose text takes longer to tokenize, render or constrain with {@link
     * EngineError.DeadlineExceeded}. The work itself goes on, on a thread that others no longer wait for: where a process can
     * end instead, that is better. An engine that has such work when it is closed leaves its model in memory.
     */
    public void abandonTextAfter(Duration limit) {
        text.abandonAfter(limit);
    }

    /**
     * Runs {@code action} on the engine thread after each of its steps, when the step's events were sent, so that they can
     * be passed on together. It holds up the next step.
     */
    public void afterSteps(Runnable action) {
        loaded.loop().afterSteps(action);
    }

    private LocalGeneration start(LocalGeneration generation) {
        requireOpen();
        Generate request = generation.request();
        if (!model().can(Capability.GENERATE)) {
            throw new EngineException(new EngineError.Unsupported(
                    "'" + options.name() + "' is an encoder: it makes embeddings, and can't continue a text"));
        }
        generation.send(new Event.Queued(backlog.enter(request.candidates())));
        try {
            text.execute(() -> prepare(generation), late -> generation.fail(late.error()));
        } catch (RejectedExecutionException e) {
            generation.fail(new EngineError.Closed());
        }
        return generation;
    }

    private void prepare(LocalGeneration generation) {
        try {
            List<CheckedAdapter> files =
                    loaded.adapters().fetch(generation.request().adapters().orElse(AdapterSet.NONE));
            List<Completion> completions = text.timed(() -> preparation.prepare(generation));
            if (generation.isComplete()) {
                completions.forEach(Completion::close); // it took too long
                return;
            }
            loaded.loop().post(() -> enqueue(generation, completions, files));
        } catch (EngineException e) {
            generation.fail(e.error());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "a request could not be prepared", e);
            generation.fail(new EngineError.Internal("the request could not be prepared"));
        }
    }

    private void enqueue(LocalGeneration generation, List<Completion> completions, List<CheckedAdapter> files) {
        try {
            for (Completion completion : completions) {
                completion.computeWith(
                        loaded.adapters().acquire(generation.request().adapters(), files), loaded.adapters()::release);
            }
        } catch (EngineException e) {
            completions.forEach(Completion::close);
            generation.fail(e.error());
            return;
        }
        completions.stream().filter(Completion::isLeader).forEach(loaded.scheduler()::enqueue);
        if (generation.isCancelled() || generation.isComplete()) {
            loaded.scheduler().cancel(generation, System.nanoTime());
        }
    }

    private void cancel(LocalGeneration generation) {
        loaded.loop().post(() -> loaded.scheduler().cancel(generation, System.nanoTime()));
    }

    private void ended(LocalGeneration generation) {
        backlog.leave(generation.request().candidates());
        backlog.took(System.nanoTime() - generation.submittedNanos());
    }

    @Override
    public <R extends Reply> R ask(Query<R> query) throws InterruptedException {
        requireOpen();
        try {
            // each query's own reply type is what its case returns
            @SuppressWarnings("unchecked")
            R reply = (R)
                    switch (query) {
                        case Query.Score score -> scores.score(score);
                        case Query.ScoreRolling score -> scores.score(score);
                        case Query.Embed embed -> embedding.embed(embed);
                        case Query.Rerank rerank -> embedding.rerank(rerank);
                        default -> text.call(() -> lookups.answer(query));
                    };
            return reply;
        } catch (RejectedExecutionException e) {
            throw new EngineException(new EngineError.Closed());
        }
    }

    /**
     * Checks that the scheduler, the prefix tree and the KV cache agree; for tests and idle time.
     *
     * @throws IllegalStateException when they don't
     */
    public void checkInvariants() throws InterruptedException {
        requireOpen();
        text.call(() -> loaded.loop().call(() -> {
            loaded.scheduler().checkInvariants();
            loaded.speculator().checkInvariants();
            loaded.embedder().checkInvariants();
            return true;
        }));
    }

    private void requireOpen() {
        if (closed) {
            throw new EngineException(new EngineError.Closed());
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            text.close();
            loaded.loop().stop();
            if (!text.hasAbandoned()) {
                loaded.close();
            }
        }
    }
}
