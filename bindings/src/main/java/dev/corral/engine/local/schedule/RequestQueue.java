package dev.corral.engine.local.schedule;

import dev.corral.engine.local.completion.Completion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Completions that wait for a slot. Higher priorities go first; within one priority the key that has been served least
 * goes first, by a counter of tokens for each key; within one key the order is that of arrival.
 *
 * <p>A key that was idle starts level with the least served active one, so that absence earns no credit.
 *
 * <p>Not thread-safe; the engine thread's.
 */
final class RequestQueue {

    private final Map<String, Tenant> tenants = new HashMap<>();
    private int size;

    private static final class Tenant {
        private final ArrayDeque<Completion> waiting = new ArrayDeque<>();
        private int running;
        private double served;

        boolean isActive() {
            return running > 0 || !waiting.isEmpty();
        }
    }

    void add(Completion completion) {
        tenant(completion).waiting.addLast(completion);
        size++;
    }

    /** Puts back one that had to leave its slot, before all others of its key. */
    void addFirst(Completion completion) {
        Tenant tenant = tenant(completion);
        tenant.running--;
        tenant.waiting.addFirst(completion);
        size++;
    }

    private Tenant tenant(Completion completion) {
        String key = completion.request().schedule().key();
        Tenant tenant = tenants.get(key);
        if (tenant == null) {
            tenant = new Tenant();
            tenants.put(key, tenant);
        }
        if (!tenant.isActive()) {
            tenant.served = Math.max(tenant.served, leastServed());
        }
        return tenant;
    }

    private double leastServed() {
        return tenants.values().stream()
                .filter(Tenant::isActive)
                .mapToDouble(tenant -> tenant.served)
                .min()
                .orElse(0);
    }

    /**
     * Offers the waiting completions in order until {@code take} refuses to look at more. Those that {@code take}
     * starts must be said to {@link #started}.
     *
     * @param take true to be offered the next one
     */
    void offer(Predicate<Completion> take) {
        if (size == 0) {
            return;
        }
        List<Completion> order = new ArrayList<>(size);
        List<Tenant> fair = new ArrayList<>(tenants.values());
        fair.sort(Comparator.comparingDouble(tenant -> tenant.served));
        fair.forEach(tenant -> order.addAll(tenant.waiting));
        order.sort(Comparator.comparingInt(RequestQueue::priority).reversed());
        for (Completion completion : order) {
            if (!take.test(completion)) {
                return;
            }
        }
    }

    private static int priority(Completion completion) {
        return completion.request().schedule().priority();
    }

    void started(Completion completion) {
        Tenant tenant = tenant(completion);
        if (tenant.waiting.remove(completion)) {
            size--;
            tenant.running++;
        }
    }

    /** Removes one that waits; false when it does not. */
    boolean remove(Completion completion) {
        boolean removed = tenant(completion).waiting.remove(completion);
        if (removed) {
            size--;
            forgetIdle();
        }
        return removed;
    }

    /** Counts tokens that were computed for a completion that runs. */
    void charge(Completion completion, int tokens) {
        tenant(completion).served += tokens;
    }

    /** A running completion is over. */
    void ended(Completion completion) {
        tenant(completion).running--;
        forgetIdle();
    }

    /** Counters matter only while several keys compete. */
    private void forgetIdle() {
        if (tenants.size() > 64) {
            tenants.values().removeIf(tenant -> !tenant.isActive());
        }
    }

    List<Completion> all() {
        return tenants.values().stream()
                .flatMap(tenant -> tenant.waiting.stream())
                .toList();
    }

    int size() {
        return size;
    }

    /** @throws IllegalStateException when the counts disagree with those that wait, or that run */
    void checkInvariants(List<Completion> running) {
        int waiting = 0;
        int started = 0;
        for (Tenant tenant : tenants.values()) {
            waiting += tenant.waiting.size();
            started += tenant.running;
        }
        long leaders = running.stream().filter(Completion::isLeader).count();
        if (waiting != size || started != leaders) {
            throw new IllegalStateException("the queue counts " + size + " that wait and " + started + " that run, not "
                    + waiting + " and " + leaders);
        }
        if (all().stream().anyMatch(completion -> completion.isRunning() || completion.isClosed())) {
            throw new IllegalStateException("a completion waits that runs or has ended");
        }
    }
}
