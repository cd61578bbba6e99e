package dev.corral.server.model;

import java.util.List;

/** Takes models out of memory that nobody has used for as long as they may stay, by a thread of its own. */
final class IdleWatch {

    private final StateLock states;
    private final List<ServedModel> models;
    private final Unloading unloading;

    IdleWatch(StateLock states, List<ServedModel> models, Unloading unloading) {
        this.states = states;
        this.models = models;
        this.unloading = unloading;
    }

    /** Watches until the states have ended. */
    void start() {
        Thread.ofPlatform().daemon().name("corral-idle").start(this::watch);
    }

    private void watch() {
        try {
            while (true) {
                List<ServedModel> due;
                try (StateLock.Held _ = states.holdInterruptibly()) {
                    if (states.ended()) {
                        return;
                    }
                    due = models.stream()
                            .filter(model -> model.untilIdle(System.nanoTime()) <= 0)
                            .toList();
                    due.forEach(unloading::begin);
                    if (due.isEmpty()) {
                        states.await(untilNext());
                    }
                }
                due.forEach(unloading::finish);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long untilNext() {
        long now = System.nanoTime();
        return models.stream().mapToLong(model -> model.untilIdle(now)).min().orElse(Long.MAX_VALUE);
    }
}
