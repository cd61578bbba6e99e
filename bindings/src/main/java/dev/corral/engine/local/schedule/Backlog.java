package dev.corral.engine.local.schedule;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Completions that were let in and have not ended, up to a limit. Thread-safe. */
public final class Backlog {

    private final int slots;
    private final int queueLimit;
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicLong averageNanos = new AtomicLong();

    /** @param queueLimit how many may wait for a slot before others are refused */
    public Backlog(int slots, int queueLimit) {
        this.slots = slots;
        this.queueLimit = queueLimit;
    }

    /**
     * Lets completions in, however many where there are no others.
     *
     * @return how many wait for a slot before them
     * @throws EngineException with {@link EngineError.Busy} when too many wait
     */
    public int enter(int completions) {
        int before;
        do {
            before = unfinished.get();
            if (before > 0 && before + completions > slots + queueLimit) {
                throw new EngineException(new EngineError.Busy(waiting(before), retryAfter()));
            }
        } while (!unfinished.compareAndSet(before, before + completions));
        return waiting(before);
    }

    private int waiting(int entered) {
        return Math.max(0, entered - slots);
    }

    /** Completions have ended. */
    public void leave(int completions) {
        unfinished.addAndGet(-completions);
    }

    /** Learns how long a request took, by which others are told when to come back. */
    public void took(long nanos) {
        averageNanos.accumulateAndGet(nanos, (old, fresh) -> old == 0 ? fresh : (old * 7 + fresh) / 8);
    }

    /** When a slot should be free for a request that is refused now. */
    private Duration retryAfter() {
        long rounds = 1 + unfinished.get() / slots;
        long seconds = rounds * averageNanos.get() / slots / 1_000_000_000;
        return Duration.ofSeconds(Math.clamp(seconds, 1, 60));
    }
}
