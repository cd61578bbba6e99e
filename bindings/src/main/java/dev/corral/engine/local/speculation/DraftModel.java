package dev.corral.engine.local.speculation;

import dev.corral.engine.Speculation;
import dev.corral.engine.local.cache.Cells;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.MemoryTraits;
import dev.corral.engine.local.cache.Sequence;
import dev.corral.engine.local.cache.StateCache;
import dev.corral.llama.Batch;
import dev.corral.llama.Context;
import dev.corral.llama.DecodeResult;
import dev.corral.llama.Model;
import dev.corral.llama.SamplerChain;
import dev.corral.llama.SamplingRows;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.List;

/**
 * A smaller model that drafts for a larger one: its likeliest tokens, for all completions that ask in the same batches.
 * What its KV cache holds follows the completions' tokens, and prefixes are reused there too.
 *
 * <p>Ownership: owns model and context. Not thread-safe; the engine thread's.
 */
final class DraftModel {

    /** Tokens that it reads in a step to catch up with completions that it has not drafted for. */
    private static final int CATCH_UP = 256;

    /** Drafts that had to read more than this are no measure of what a token costs. */
    private static final int FEW = 16;

    private static final double WEIGHT = 0.2;

    private final Model model;
    private final Context context;
    private final KvCache cache;
    private final Vocabulary vocabulary;
    private final int targetTokens;
    private final Batch batch;
    private final SamplingRows rows;
    private final SamplerChain greedy;
    private final List<Follower> followers = new ArrayList<>();
    private double nanosPerToken;

    /** Takes a draft that stands behind a completion's tokens. */
    @FunctionalInterface
    interface Drafts {
        void drafted(Draftable text, int count);
    }

    /**
     * @param slots how many completions run at once
     * @param targetTokens the size of the larger model's vocabulary
     */
    DraftModel(Model model, Context context, MemoryTraits traits, int slots, int targetTokens) {
        this.model = model;
        this.context = context;
        this.vocabulary = model.vocabulary();
        this.targetTokens = targetTokens;
        this.cache = new KvCache(new Cells(context, traits), traits, new StateCache(0, true, null));
        this.batch = new Batch(context.batchSize());
        this.rows = new SamplingRows(slots, 1);
        this.greedy = SamplerChain.builder(vocabulary).greedy().build();
    }

    void handTo(Thread thread) {
        context.handTo(thread);
    }

    /** What a drafted token cost lately; 0 before the first. */
    double nanosPerToken() {
        return nanosPerToken;
    }

    /** Asks for a draft for the next step. */
    void ask(Draftable text, int tokens, Speculation.DraftModel settings) {
        Follower follower = followerOf(text);
        follower.wanted = tokens;
        follower.leastLogprob = settings.minProbability() > 0 ? Math.log(settings.minProbability()) : -Double.MAX_VALUE;
    }

    private Follower followerOf(Draftable text) {
        releaseOthers();
        for (Follower follower : followers) {
            if (follower.text == text) {
                return follower;
            }
        }
        Sequence sequence = cache.acquire(text.space(), text.tokens(), text.length() - 1, true);
        Follower follower = new Follower(text, sequence);
        followers.add(follower);
        return follower;
    }

    /** Lets go of completions that have left their slots, or whose tokens are no longer those it read. */
    private void releaseOthers() {
        followers.removeIf(follower -> {
            if (follower.isCurrent()) {
                return false;
            }
            cache.release(follower.sequence, true);
            return true;
        });
    }

    /** Drafts for all that asked. */
    void draft(Drafts drafts) {
        long begun = System.nanoTime();
        int read = catchUp();
        if (read == 0) {
            followers.forEach(follower -> follower.wanted = 0);
            return;
        }
        int total = 0;
        while (rows.size() > 0) {
            rows.sample(context);
            total += collect();
            if (!next()) {
                break;
            }
        }
        if (total > 0 && read <= FEW) {
            double fresh = (System.nanoTime() - begun) / (double) total;
            nanosPerToken = nanosPerToken == 0 ? fresh : nanosPerToken + WEIGHT * (fresh - nanosPerToken);
        }
        for (Follower follower : followers) {
            if (follower.wanted > 0) {
                follower.wanted = 0;
                drafts.drafted(follower.text, follower.drafted);
            }
        }
    }

    /** Reads what is pending of the completions that ask; returns how many tokens that was. */
    private int catchUp() {
        batch.clear();
        rows.clear();
        int budget = Math.min(CATCH_UP, batch.capacity());
        for (Follower follower : followers) {
            follower.row = -1;
            follower.drafted = 0;
            follower.reading = follower.wanted > 0 && follower.isWithin(vocabulary.size())
                    ? Math.min(follower.pending(), budget)
                    : 0;
            budget -= follower.reading;
            addPending(follower);
        }
        if (batch.isEmpty() || !decode()) {
            rows.clear();
            return 0;
        }
        for (Follower follower : followers) {
            cache.append(follower.sequence, follower.text.tokens(), follower.sequence.length(), follower.reading);
        }
        return batch.size();
    }

    private void addPending(Follower follower) {
        int[] tokens = follower.text.tokens();
        int from = follower.sequence.length();
        for (int position = from; position < from + follower.reading; position++) {
            boolean newest = position == follower.text.length() - 1;
            int output = batch.add(tokens[position], position, follower.sequence.id(), newest);
            if (newest) {
                follower.row = rows.add(greedy, null, output, 1, false);
            }
        }
    }

    private boolean decode() {
        int held = 0;
        for (Follower follower : followers) {
            held += follower.ahead;
        }
        return cache.makeRoom(batch.size() + held) && context.decode(batch) == DecodeResult.DECODED;
    }

    /** Takes the sampled tokens into the drafts; returns how many. */
    private int collect() {
        int taken = 0;
        for (Follower follower : followers) {
            if (!follower.isDrafting()) {
                continue;
            }
            int row = follower.row;
            follower.row = -1;
            if (!rows.failed(row)
                    && rows.token(row) < targetTokens
                    && rows.logprob(row) >= follower.leastLogprob
                    && !vocabulary.isEndOfGeneration(rows.token(row))) {
                follower.take(rows.token(row));
                taken++;
            }
        }
        return taken;
    }

    /** Computes the newest drafted tokens, to draft the next ones; false when nobody goes on. */
    private boolean next() {
        batch.clear();
        rows.clear();
        for (Follower follower : followers) {
            if (follower.isDrafting()) {
                Draftable text = follower.text;
                int position = text.length() + follower.drafted - 1;
                int output = batch.add(text.tokens()[position], position, follower.sequence.id(), true);
                follower.row = rows.add(greedy, null, output, 1, false);
            }
        }
        if (batch.isEmpty() || !decode()) {
            return false;
        }
        for (Follower follower : followers) {
            follower.ahead += follower.isDrafting() ? 1 : 0;
        }
        return true;
    }

    /** Keeps of a completion's draft what became output. */
    void verified(Draftable text, int accepted) {
        for (Follower follower : followers) {
            if (follower.text == text && follower.ahead > 0) {
                int kept = Math.min(accepted, follower.ahead);
                cache.keep(follower.sequence, text.tokens(), kept, follower.ahead > kept);
                follower.ahead = 0;
            }
        }
    }

    /** Drops drafts that nobody checked. */
    void settle() {
        for (Follower follower : followers) {
            if (follower.ahead > 0) {
                cache.keep(follower.sequence, follower.text.tokens(), 0, true);
                follower.ahead = 0;
            }
        }
    }

    /** Forgets everything, after a fault. */
    void clear() {
        followers.clear();
        cache.clear();
    }

    void checkInvariants() {
        cache.checkInvariants(followers.size());
    }

    void close() {
        cache.close();
        greedy.close();
        rows.close();
        batch.close();
        context.close();
        model.close();
    }
}
