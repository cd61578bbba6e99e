package dev.corral.engine.local.schedule;

import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Limits;
import dev.corral.engine.SlotState;
import dev.corral.engine.local.cache.KvCache;
import dev.corral.engine.local.cache.MemoryTraits;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.engine.local.cache.Sequence;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.measure.Counters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who runs, and which tokens the next step computes. Every running completion's newest token comes first; what is left
 * of the step prefills.
 *
 * <p>Invariant: a running completion has a slot and a live sequence, a waiting one has neither. Not thread-safe; the
 * engine thread's.
 */
public final class Scheduler {

    private final KvCache cache;
    private final MemoryTraits traits;
    private final Slots slots;
    private final PrefillShares shares;
    private final Counters counters;
    private final ScoreMemory scores = new ScoreMemory();
    private final Admission admission;
    private final RequestQueue queue = new RequestQueue();
    private final AdapterTurns turns = new AdapterTurns();
    private int withDeadline;

    public Scheduler(KvCache cache, MemoryTraits traits, Slots slots, PrefillShares shares, Counters counters) {
        this.cache = cache;
        this.traits = traits;
        this.slots = slots;
        this.shares = shares;
        this.counters = counters;
        this.admission = new Admission(cache, traits, slots, scores);
    }

    /** Those that run, in the order of admission. Not to be changed. */
    public List<Completion> runningCompletions() {
        return slots.running();
    }

    public void enqueue(Completion completion) {
        queue.add(completion);
        withDeadline += hasDeadline(completion) ? 1 : 0;
    }

    private static boolean hasDeadline(Completion completion) {
        return completion.request().schedule().deadline().isPresent();
    }

    public boolean isIdle() {
        return running() == 0 && queue.size() == 0;
    }

    /** Whether somebody waits for the next token of a text. */
    public boolean isStreaming() {
        return slots.isStreaming();
    }

    public int waiting() {
        return queue.size();
    }

    public int running() {
        return slots.running().size();
    }

    public List<SlotState> slotStates() {
        return slots.states();
    }

    /** Moves waiting completions into slots; one that can't start yet holds up nobody behind it. */
    public void admit(long now) {
        if (slots.free() > 0) {
            queue.offer(completion -> {
                if (admission.admits(completion)) {
                    admit(completion, now);
                }
                return slots.free() > 0;
            });
        }
    }

    private void admit(Completion leader, long now) {
        queue.started(leader);
        leader.members().forEach(completion -> start(completion, now));
    }

    private void start(Completion completion, long now) {
        scores.admit(completion);
        Sequence sequence = cache.acquire(
                completion.space(),
                completion.tokens(),
                completion.reusable(),
                completion.length() > 0 && completion.request().cache().reuse());
        counters.reused(sequence.length());
        int slot = slots.take(completion, completion.request().cache().slot());
        completion.start(sequence, slot, now);
    }

    /** Chooses the tokens of the next step and makes sure that their cells are free. */
    public void plan(Plan plan) {
        cache.closeLastingGap();
        fill(plan);
        while (!plan.isEmpty() && !cache.makeRoom(plan.tokens())) {
            preemptYoungest();
            fill(plan);
        }
    }

    private void fill(Plan plan) {
        plan.clear();
        List<Completion> running = slots.running();
        String adapters = turns.next(running);
        boolean streaming = false;
        for (Completion completion : running) {
            if (completion.pending() == 1) {
                streaming = true;
                if (completion.space().adapters().equals(adapters)) {
                    plan.add(completion, 1 + completion.drafted());
                }
            }
        }
        shares.fill(plan, running, adapters, streaming);
        plan.sort();
    }

    /**
     * Takes the running completion that came last out of its slot; it waits at the head of the queue and goes on later
     * where it was.
     */
    public void preemptYoungest() {
        Completion youngest = slots.youngest();
        if (youngest.group() != null && running() == youngest.members().size()) {
            fail(
                    youngest.generation(),
                    new EngineError.Unsupported("the beams have grown to more tokens than the KV cache holds"));
            return;
        }
        if (running() == 1) {
            throw new IllegalStateException("one completion of " + youngest.length()
                    + " tokens does not fit a cache of " + traits.cells() + " cells");
        }
        for (Completion member : youngest.members()) {
            leaveSlot(member, member.request().cache().reuse());
            if (member.isLeader()) {
                queue.addFirst(member);
            }
        }
        counters.preempted();
    }

    private void leaveSlot(Completion completion, boolean keep) {
        settle(completion, 0);
        Sequence sequence = completion.sequence();
        slots.release(completion, keep ? new Slots.Last(sequence.space(), sequence.tokens()) : Slots.Last.NOTHING);
        completion.leave();
        cache.release(sequence, keep);
    }

    /** Records a decoded plan: its tokens are in the cache now. */
    public void decoded(Plan plan) {
        turns.computed(plan.completion(0).space().adapters(), slots.running());
        for (int i = 0; i < plan.size(); i++) {
            decoded(plan.completion(i), plan.count(i));
        }
    }

    /** Records that the next {@code count} tokens of a completion were decoded, its draft among them. */
    public void decoded(Completion completion, int count) {
        Sequence sequence = completion.sequence();
        cache.append(sequence, completion.tokens(), sequence.length(), count - completion.drafted());
        queue.charge(completion, count);
        if (!traits.cuttable()
                && completion.request().cache().reuse()
                && sequence.length() == completion.prompt().checkpoint()) {
            cache.checkpoint(sequence);
        }
    }

    /** The completion that came first of those whose next tokens are an image or sound; null when there is none. */
    public @Nullable Completion nextMedia() {
        return slots.nextMedia();
    }

    /**
     * Ends the check of a completion's draft.
     *
     * @param accepted how many of its tokens are output now; the others leave the cache
     */
    public void settle(Completion completion, int accepted) {
        int drafted = completion.drafted();
        if (drafted > 0) {
            cache.keep(completion.sequence(), completion.tokens(), accepted, accepted < drafted);
            completion.draft(0);
        }
    }

    /**
     * Makes room in the context of a completion that has filled it, as its request wants; false when that can't be done,
     * or is not wanted.
     */
    public boolean shiftContext(Completion completion) {
        Optional<Limits.ContextShift> shift = completion.request().limits().contextShift();
        if (shift.isEmpty() || completion.prompt().hasMedia() || !cache.canShift()) {
            return false;
        }
        int keep = shift.get().kept(completion.prompt().length(), completion.length());
        int discard = shift.get().discarded(keep, completion.length());
        cache.shift(completion.sequence(), keep, discard);
        completion.discard(keep, discard);
        counters.shifted();
        return true;
    }

    /** Moves what finished completions left of these tokens out of the KV cache; says how many sequences that were. */
    public int vacate(PrefixSpace space, int[] tokens) {
        return cache.vacate(space, tokens);
    }

    /** Ends a completion, running or waiting. */
    public void finish(Completion completion, FinishReason reason, long now) {
        completion.finish(reason, now);
        for (Completion member : completion.members()) {
            discard(member, member.isLeader() && member.request().cache().reuse());
        }
    }

    /** Ends all completions of a request with an error. What they computed stays, unless that was what failed. */
    public void fail(LocalGeneration generation, EngineError error) {
        generation.fail(error);
        boolean sound = !(error instanceof EngineError.Internal);
        forEach(
                completion -> completion.generation() == generation,
                completion -> discard(
                        completion, sound && completion.request().cache().reuse()));
    }

    /** Ends everything with an error and forgets the cache. */
    public void failAll(EngineError error) {
        forEach(completion -> true, completion -> {
            completion.generation().fail(error);
            discard(completion, false);
        });
        cache.clear();
    }

    /** Ends everything as closed; what the cache holds is saved where that is wanted. */
    public void shutDown() {
        forEach(completion -> true, completion -> {
            completion.generation().fail(new EngineError.Closed());
            discard(completion, completion.request().cache().reuse());
        });
        cache.close();
    }

    private void discard(Completion completion, boolean keep) {
        if (completion.isRunning()) {
            leaveSlot(completion, keep);
            if (completion.isLeader()) {
                queue.ended(completion);
            }
        } else if (completion.isLeader()) {
            queue.remove(completion);
        }
        withDeadline -= completion.isLeader() && hasDeadline(completion) ? 1 : 0;
        completion.close();
    }

    /** Ends a request's completions with what they have. */
    public void cancel(LocalGeneration generation, long now) {
        forEach(
                completion -> completion.generation() == generation,
                completion -> finish(completion, FinishReason.CANCELLED, now));
    }

    /** Ends what is past its deadline. */
    public void expire(long now) {
        if (withDeadline > 0) {
            forEach(completion -> completion.generation().remainingNanos(now) < 0, this::failLate);
        }
    }

    private void failLate(Completion completion) {
        Duration deadline = completion.request().schedule().deadline().orElseThrow();
        fail(completion.generation(), new EngineError.DeadlineExceeded(deadline));
    }

    private void forEach(Predicate<Completion> which, Consumer<Completion> what) {
        List<Completion> found = new ArrayList<>(0);
        slots.running().stream().filter(which).forEach(found::add);
        queue.all().stream().filter(which).forEach(found::add);
        for (Completion completion : found) {
            if (!completion.isClosed()) {
                what.accept(completion);
            }
        }
    }

    /** @throws IllegalStateException when the scheduler and the cache disagree */
    public void checkInvariants() {
        slots.checkInvariants();
        queue.checkInvariants(slots.running());
        cache.checkInvariants(running());
    }
}
