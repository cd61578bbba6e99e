package dev.corral.engine.local.embedding;

import dev.corral.engine.EngineError;
import dev.corral.llama.Batch;
import dev.corral.llama.Context;
import dev.corral.llama.DecodeResult;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The inputs that wait for one {@link EmbeddingContext} and those that are in it. A step computes a batch of tokens of
 * several inputs; an input whose tokens see only earlier ones may take several steps. Questions take turns, so that a
 * short one does not wait for all of a long one.
 *
 * <p>Invariant: each active input has a sequence of its own, and all of them fit the context. The engine thread's.
 */
final class EmbeddingLane implements AutoCloseable {

    private final EmbeddingContext contexts;
    private final EmbeddingTraits traits;
    private final boolean ranks;
    private final int width;
    private final Deque<EmbeddingJob> waiting = new ArrayDeque<>();
    private final List<EmbeddingInput> active = new ArrayList<>();
    private final List<Integer> freeSequences = new ArrayList<>();
    private final float[] row;
    private @Nullable Context context;
    private @Nullable Batch batch;

    /**
     * @param ranks whether the context gives scores
     * @param width numbers in a row, or scores of an input
     */
    EmbeddingLane(EmbeddingContext contexts, EmbeddingTraits traits, boolean ranks, int width) {
        this.contexts = contexts;
        this.traits = traits;
        this.ranks = ranks;
        this.width = width;
        this.row = new float[width];
    }

    /** Numbers in a vector; constant. */
    int width() {
        return width;
    }

    void add(EmbeddingJob job) {
        waiting.addLast(job);
    }

    boolean isIdle() {
        return waiting.isEmpty() && active.isEmpty();
    }

    /** Inputs that are not computed yet. */
    int unfinished() {
        return active.size() + waiting.stream().mapToInt(EmbeddingJob::waiting).sum();
    }

    /**
     * Computes one batch.
     *
     * @param budget the most tokens, unless one input that must be computed at once is longer
     * @return how many there were
     */
    int step(int budget) {
        Context open = open();
        Batch tokens = batch(open);
        admit(open, Math.min(budget, tokens.capacity()));
        int[] counts = fill(tokens, Math.min(budget, tokens.capacity()));
        compute(open, tokens);
        read(open, counts);
        return tokens.size();
    }

    private Context open() {
        Context open = context;
        if (active.isEmpty()) {
            open = contexts.withRoomFor(waiting.getFirst().nextLength());
        }
        if (open == null) {
            throw new IllegalStateException("inputs without a context");
        }
        if (open != context) {
            context = open;
            freeSequences.clear();
            for (int id = open.maxSequences() - 1; id >= 0; id--) {
                freeSequences.add(id);
            }
        }
        return open;
    }

    private Batch batch(Context open) {
        Batch made = batch;
        if (made == null || made.capacity() < open.batchSize()) {
            if (made != null) {
                made.close();
            }
            made = new Batch(open.batchSize());
            batch = made;
        }
        made.clear();
        return made;
    }

    private void admit(Context open, int budget) {
        int planned = active.stream().mapToInt(EmbeddingInput::pending).sum();
        int held = active.stream().mapToInt(EmbeddingInput::length).sum();
        while (!waiting.isEmpty() && !freeSequences.isEmpty()) {
            int length = waiting.getFirst().nextLength();
            boolean fits = traits.whole()
                    ? active.isEmpty() || planned + length <= budget
                    : planned < budget && held + length <= open.contextSize();
            if (!fits) {
                return;
            }
            EmbeddingJob job = waiting.removeFirst();
            active.add(job.begin(freeSequences.removeLast(), pooling(job)));
            if (job.waiting() > 0) {
                waiting.addLast(job);
            }
            planned += length;
            held += length;
        }
    }

    private RowPooling pooling(EmbeddingJob job) {
        return ranks ? new RowPooling.Rows() : RowPooling.of(job.pooling(), width);
    }

    /** Adds tokens of active inputs; how many of each. */
    private int[] fill(Batch tokens, int budget) {
        int[] counts = new int[active.size()];
        int left = budget;
        for (int i = 0; i < counts.length; i++) {
            EmbeddingInput input = active.get(i);
            counts[i] = traits.whole() ? input.length() : Math.min(left, input.pending());
            left -= counts[i];
            int from = input.computed();
            for (int position = from; position < from + counts[i]; position++) {
                tokens.add(input.token(position), position, input.sequence(), true);
            }
        }
        return counts;
    }

    private void compute(Context open, Batch tokens) {
        DecodeResult result = traits.encodes() ? open.encode(tokens) : open.decode(tokens);
        if (result != DecodeResult.DECODED) {
            throw new IllegalStateException("embedding " + tokens.size() + " tokens ended with " + result);
        }
    }

    private void read(Context open, int[] counts) {
        List<EmbeddingInput> finished = new ArrayList<>();
        int output = 0;
        for (int i = 0; i < counts.length; i++) {
            EmbeddingInput input = active.get(i);
            for (int token = 0; token < counts[i] && !ranks; token++) {
                open.embeddings(output + token, row);
                input.rows().add(row);
            }
            output += counts[i];
            input.computed(counts[i]);
            if (input.pending() == 0) {
                finished.add(input);
            }
        }
        for (EmbeddingInput input : finished) {
            input.finish(
                    ranks
                            ? List.of(scores(open, input.sequence()))
                            : input.rows().vectors());
            leave(input);
        }
    }

    private float[] scores(Context open, int sequence) {
        float[] scores = new float[width];
        open.sequenceEmbeddings(sequence, scores);
        return scores;
    }

    private void leave(EmbeddingInput input) {
        active.remove(input);
        freeSequences.add(input.sequence());
        if (context != null) {
            context.memory().remove(input.sequence(), -1, -1);
        }
    }

    /** Leaves out the inputs of questions that are answered, or that nobody waits for any more. */
    void sweep() {
        waiting.removeIf(EmbeddingJob::isDone);
        List.copyOf(active).stream().filter(input -> input.job().isDone()).forEach(this::leave);
    }

    /** Ends the questions in the batch that could not be computed; without one, the question that would be next. */
    void failBatch(EngineError error) {
        Stream<EmbeddingJob> failed =
                active.isEmpty() ? waiting.stream().limit(1) : active.stream().map(EmbeddingInput::job);
        failed.toList().forEach(job -> job.fail(error));
        sweep();
    }

    void failAll(EngineError error) {
        Stream.concat(waiting.stream(), active.stream().map(EmbeddingInput::job))
                .toList()
                .forEach(job -> job.fail(error));
        sweep();
    }

    /** @throws IllegalStateException when sequences and inputs disagree */
    void checkInvariants() {
        Context open = context;
        if (open != null && freeSequences.size() + active.size() != open.maxSequences()) {
            throw new IllegalStateException(freeSequences.size() + " free sequences and " + active.size()
                    + " inputs, of " + open.maxSequences());
        }
        for (int sequence : freeSequences) {
            if (open != null && open.memory().exists() && open.memory().maxPosition(sequence) >= 0) {
                throw new IllegalStateException("the free sequence " + sequence + " holds cells");
            }
        }
    }

    @Override
    public void close() {
        if (batch != null) {
            batch.close();
        }
        contexts.close();
    }
}
