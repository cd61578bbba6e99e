package dev.corral.server.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.Engine;
import dev.corral.server.Conditions;
import dev.corral.server.FakeEngine;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.ClientLeft;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelRegistryTest {

    private static final ModelRegistry.Room ROOM = new ModelRegistry.Room(0, 0, true);
    private static final Duration LONG = Duration.ofMinutes(5);

    /** Loads nothing, and counts how often. */
    private static final class Loader implements ModelLoader {
        private final AtomicInteger loads = new AtomicInteger();
        private final AtomicInteger closes = new AtomicInteger();
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private volatile Optional<String> failure = Optional.empty();
        private volatile Optional<Error> fault = Optional.empty();
        private volatile boolean closesBadly;

        @Override
        public Engine load(DoubleConsumer progress) throws InterruptedException {
            loads.incrementAndGet();
            progress.accept(0.5);
            gate.await();
            if (failure.isPresent()) {
                throw new IllegalStateException(failure.get());
            }
            if (fault.isPresent()) {
                throw fault.get();
            }
            return new FakeEngine(generation -> {}) {
                @Override
                public void close() {
                    closes.incrementAndGet();
                    super.close();
                    if (closesBadly) {
                        throw new IllegalStateException("it hangs");
                    }
                }
            };
        }
    }

    private final Loader a = new Loader();
    private final Loader b = new Loader();
    private final Loader c = new Loader();
    private ModelRegistry registry;

    @AfterEach
    void close() {
        registry.close();
    }

    private static ModelPlan plan(String name, Loader loader, long bytes, ModelPlan.Residence residence) {
        return new ModelPlan(
                name, List.of(name + "-alias"), List.of(name + "-adapter"), name + ".gguf", loader, bytes, residence);
    }

    private static ModelPlan.Residence stays(Duration patience) {
        return new ModelPlan.Residence(false, false, Optional.empty(), patience);
    }

    private ModelRegistry start(ModelRegistry.Room room, ModelPlan... plans) {
        registry = new ModelRegistry(List.of(plans), room, _ -> Duration.ofHours(1));
        registry.start();
        return registry;
    }

    private ModelRegistry three(ModelRegistry.Room room) {
        return start(room, plan("a", a, 10, stays(LONG)), plan("b", b, 10, stays(LONG)), plan("c", c, 10, stays(LONG)));
    }

    private Lease lease(String name) throws InterruptedException {
        return registry.lease(Optional.of(name));
    }

    private ServedModel.Status status(String name) {
        return registry.require(name).state().status();
    }

    private static CompletableFuture<Lease> async(Callable<Lease> lease) {
        CompletableFuture<Lease> coming = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                coming.complete(lease.call());
            } catch (Exception e) {
                coming.completeExceptionally(e);
            }
        });
        return coming;
    }

    @Test
    void isFoundByEachOfItsNames() {
        three(ROOM);
        for (String name : List.of("b", "b-alias", "b-adapter", "b:b-adapter", "b:latest", "b-alias:other")) {
            assertThat(registry.require(name).plan().name()).as(name).isEqualTo("b");
        }
        assertThat(registry.require("default").plan().name()).isEqualTo("a");
        assertThatThrownBy(() -> registry.require("d"))
                .isInstanceOf(ApiException.class)
                .hasMessage("there is no model 'd' here; there is 'a', 'b', 'c'");
    }

    @Test
    void twoRequestsLoadItOnce() throws Exception {
        three(ROOM);
        a.gate = new CountDownLatch(1);
        CompletableFuture<Lease> first = async(() -> lease("a"));
        CompletableFuture<Lease> second = async(() -> lease("a"));
        Conditions.await("both wait", () -> registry.require("a").waiters == 2);
        assertThat(status("a")).isEqualTo(ServedModel.Status.LOADING);
        Conditions.await("half is loaded", () -> registry.require("a").state().progress() == 0.5);
        a.gate.countDown();
        first.join().close();
        second.join().close();
        assertThat(a.loads).hasValue(1);
        assertThat(b.loads).hasValue(0);
    }

    @Test
    void aLoadThatFailsIsToldToAllWhoWaitAndNotTriedAgainAtOnce() throws Exception {
        three(ROOM);
        a.gate = new CountDownLatch(1);
        a.failure = Optional.of("the file /secret/a.gguf is broken");
        CompletableFuture<Lease> first = async(() -> lease("a"));
        Conditions.await("one waits", () -> registry.require("a").waiters == 1);
        a.gate.countDown();
        assertThatThrownBy(first::join).cause().satisfies(e -> {
            ApiError error = ((ApiException) e).error();
            assertThat(error.kind()).isEqualTo(ApiError.Kind.UNAVAILABLE);
            assertThat(error.message()).contains("'a' can't be loaded").doesNotContain("secret");
            assertThat(error.retryAfter()).isPresent();
        });
        assertThatThrownBy(() -> lease("a")).hasMessageContaining("can't be loaded");
        assertThat(a.loads).hasValue(1);
        assertThat(registry.require("a").state().failure()).contains("the file /secret/a.gguf is broken");
        a.failure = Optional.empty();
        registry.load(registry.require("a")); // an operator need not wait
        Conditions.await("it is loaded", () -> status("a") == ServedModel.Status.LOADED);
        lease("a").close();
    }

    @Test
    void whateverEndsALoadItCanBeTriedAgain() throws Exception {
        three(ROOM);
        a.fault = Optional.of(new UnsatisfiedLinkError("no such library"));
        assertThatThrownBy(() -> lease("a")).hasMessageContaining("can't be loaded");
        assertThat(registry.require("a").state().failure())
                .hasValueSatisfying(why -> assertThat(why).contains("UnsatisfiedLinkError", "no such library"));
        assertThat(status("a")).isEqualTo(ServedModel.Status.UNLOADED);
        a.fault = Optional.empty();
        registry.load(registry.require("a"));
        lease("a").close();
        assertThat(a.loads).hasValue(2);
    }

    @Test
    void aModelThatDoesNotEndInOrderIsOutAllTheSame() throws Exception {
        three(new ModelRegistry.Room(1, 0, true));
        a.closesBadly = true;
        lease("a").close();
        lease("b").close();
        assertThat(status("a")).isEqualTo(ServedModel.Status.UNLOADED);
        assertThat(status("b")).isEqualTo(ServedModel.Status.LOADED);
        a.closesBadly = false;
        lease("a").close();
        assertThat(a.loads).hasValue(2);
    }

    @Test
    void aRequestWaitsNoLongerThanItMay() throws Exception {
        start(ROOM, plan("a", a, 0, stays(Duration.ofMillis(50))));
        a.gate = new CountDownLatch(1);
        assertThatThrownBy(() -> lease("a"))
                .satisfies(e -> assertThat(((ApiException) e).error().kind()).isEqualTo(ApiError.Kind.TIMED_OUT));
        a.gate.countDown();
    }

    @Test
    void aClientThatLeavesWaitsNoLonger() throws Exception {
        three(ROOM);
        a.gate = new CountDownLatch(1);
        AtomicBoolean gone = new AtomicBoolean();
        CompletableFuture<Lease> waiting = async(() -> registry.lease(registry.require("a"), gone::get));
        Conditions.await("one waits", () -> registry.require("a").waiters == 1);
        gone.set(true);
        registry.wake();
        assertThatThrownBy(waiting::join).hasCauseInstanceOf(ClientLeft.class);
        a.gate.countDown();
    }

    @Test
    void theOneUnusedForLongestMakesRoom() throws Exception {
        three(new ModelRegistry.Room(2, 0, true));
        lease("a").close();
        lease("b").close();
        lease("a").close();
        lease("c").close();
        assertThat(status("a")).isEqualTo(ServedModel.Status.LOADED);
        assertThat(status("b")).isEqualTo(ServedModel.Status.UNLOADED);
        assertThat(b.closes).hasValue(1);
        lease("b").close();
        assertThat(status("a")).isEqualTo(ServedModel.Status.UNLOADED);
        assertThat(b.loads).hasValue(2);
    }

    @Test
    void memoryMakesRoomToo() throws Exception {
        three(new ModelRegistry.Room(0, 25, true));
        lease("a").close();
        lease("b").close();
        lease("c").close();
        assertThat(status("a")).isEqualTo(ServedModel.Status.UNLOADED);
        assertThat(status("b")).isEqualTo(ServedModel.Status.LOADED);
    }

    @Test
    void whatIsUsedStaysUntilItIsNot() throws Exception {
        three(new ModelRegistry.Room(1, 0, true));
        Lease used = lease("a");
        CompletableFuture<Lease> other = async(() -> lease("b"));
        Conditions.await("the other waits", () -> registry.require("b").waiters == 1);
        assertThat(status("a")).isEqualTo(ServedModel.Status.LOADED);
        assertThat(b.loads).hasValue(0);
        used.close();
        other.join().close();
        assertThat(status("a")).isEqualTo(ServedModel.Status.UNLOADED);
    }

    @Test
    void whatIsPinnedIsThereFromTheStartAndStays() throws Exception {
        ModelPlan.Residence pinned = new ModelPlan.Residence(true, false, Optional.of(Duration.ZERO), LONG);
        start(new ModelRegistry.Room(1, 0, true), plan("a", a, 10, pinned), plan("b", b, 10, stays(LONG)));
        Conditions.await("it is loaded", () -> status("a") == ServedModel.Status.LOADED);
        assertThatThrownBy(() -> lease("b")).hasMessageContaining("can't be loaded");
        assertThat(registry.require("b").state().failure())
                .hasValueSatisfying(why -> assertThat(why).contains("--models-max"));
        assertThat(status("a")).isEqualTo(ServedModel.Status.LOADED);
    }

    @Test
    void whatNobodyUsesLeavesAndComesBack() throws Exception {
        ModelPlan.Residence hasty = new ModelPlan.Residence(false, false, Optional.of(Duration.ofMillis(20)), LONG);
        start(ROOM, plan("a", a, 10, hasty), plan("b", b, 10, stays(LONG)));
        Lease used = lease("a");
        lease("b").close();
        assertThat(a.closes).hasValue(0);
        used.close();
        Conditions.await("it is unloaded", () -> status("a") == ServedModel.Status.UNLOADED);
        assertThat(a.closes).hasValue(1);
        assertThat(status("b")).isEqualTo(ServedModel.Status.LOADED);
        lease("a").close();
        assertThat(a.loads).hasValue(2);
    }

    @Test
    void unloadingWaitsForWhatRunsAndNewRequestsWaitForTheNextLoad() throws Exception {
        three(ROOM);
        Lease used = lease("a");
        registry.unload(registry.require("a"));
        assertThat(status("a")).isEqualTo(ServedModel.Status.UNLOADING);
        CompletableFuture<Lease> next = async(() -> lease("a"));
        Conditions.await("it waits", () -> registry.require("a").waiters == 1);
        assertThat(a.closes).hasValue(0);
        assertThat(used.model().gate().engine().ready()).isTrue();
        used.close();
        next.join().close();
        assertThat(a.closes).hasValue(1);
        assertThat(a.loads).hasValue(2);
    }

    @Test
    void nothingIsLoadedByRequestsWhereThatIsNotWanted() throws Exception {
        three(new ModelRegistry.Room(0, 0, false));
        assertThatThrownBy(() -> lease("a")).hasMessageContaining("'a' is not loaded");
        registry.load(registry.require("a"));
        Conditions.await("it is loaded", () -> status("a") == ServedModel.Status.LOADED);
        lease("a").close();
    }

    @Test
    void whoWaitsLearnsThatTheServerEnds() throws Exception {
        three(ROOM);
        a.gate = new CountDownLatch(1);
        CompletableFuture<Lease> waiting = async(() -> lease("a"));
        Conditions.await("one waits", () -> registry.require("a").waiters == 1);
        registry.close();
        assertThatThrownBy(waiting::join).hasMessageContaining("Shutting down");
    }

    /** Loads, unloads and requests by many threads: every lease is of an engine that is open. */
    @Test
    void requestsNeverMeetAClosedEngine() throws Exception {
        three(new ModelRegistry.Room(2, 0, true));
        long seed = System.nanoTime();
        List<CompletableFuture<Integer>> crowd = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            Random random = new Random(seed + i);
            CompletableFuture<Integer> done = new CompletableFuture<>();
            crowd.add(done);
            Thread.ofVirtual().start(() -> {
                try {
                    int asked = 0;
                    for (int round = 0; round < 50; round++) {
                        String name = List.of("a", "b", "c").get(random.nextInt(3));
                        if (random.nextInt(4) == 0) {
                            registry.unload(registry.require(name));
                        } else {
                            try (Lease lease = lease(name)) {
                                Engine engine = lease.model().gate().engine();
                                Thread.yield();
                                asked += engine.model().slots() > 0 && engine.ready() ? 1 : 0;
                            }
                        }
                    }
                    done.complete(asked);
                } catch (Exception | AssertionError e) {
                    done.completeExceptionally(new AssertionError("seed " + seed, e));
                }
            });
        }
        for (CompletableFuture<Integer> done : crowd) {
            assertThat(done.get(60, TimeUnit.SECONDS)).isPositive();
        }
        for (ServedModel model : registry.models()) {
            assertThat(model.users).isZero();
        }
    }

    @Test
    void aRequestSaysHowLongItStays() throws Exception {
        three(ROOM);
        try (Lease lease = lease("a")) {
            assertThat(registry.staysYet(lease.model())).isEqualTo(ServedModel.EVER);
            registry.keep(lease.model(), Duration.ofMinutes(5));
            assertThat(registry.staysYet(lease.model())).isEqualTo(Duration.ofMinutes(5));
        }
        assertThat(registry.staysYet(registry.require("a"))).isBetween(Duration.ofMinutes(1), Duration.ofMinutes(5));
        try (Lease lease = lease("a")) {
            registry.keep(lease.model(), Duration.ZERO);
            assertThat(status("a")).isEqualTo(ServedModel.Status.LOADED);
        }
        Conditions.await("it left", () -> status("a") == ServedModel.Status.UNLOADED);
        try (Lease lease = lease("a")) {
            assertThat(registry.staysYet(lease.model())).isEqualTo(ServedModel.EVER);
        }
        assertThat(a.loads).hasValue(2);
    }

    @Test
    void noRequestMakesAPinnedModelLeave() throws Exception {
        start(ROOM, plan("a", a, 10, new ModelPlan.Residence(true, false, Optional.empty(), LONG)));
        try (Lease lease = lease("a")) {
            registry.keep(lease.model(), Duration.ZERO);
        }
        assertThat(registry.staysYet(registry.require("a"))).isEqualTo(ServedModel.EVER);
        assertThat(registry.require("a").untilIdle(System.nanoTime())).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whoWatchesLearnsWhatHappensUntilTheEnd() throws Exception {
        three(ROOM);
        try (ModelChanges.Watch watch = registry.changes().watch()) {
            lease("b").close();
            registry.unload(registry.require("b"));
            List<String> seen = new ArrayList<>();
            while (seen.isEmpty() || !seen.getLast().equals("b UNLOADED 0.0")) {
                ModelChanges.Came change = (ModelChanges.Came) watch.next(LONG).orElseThrow();
                seen.add(change.model().plan().name() + " " + change.state().status() + " "
                        + change.state().progress());
            }
            assertThat(seen)
                    .containsExactly(
                            "b LOADING 0.0", "b LOADING 0.5", "b LOADED 1.0", "b UNLOADING 0.0", "b UNLOADED 0.0");
            assertThat(watch.ended()).isFalse();
            registry.shut();
            assertThat(watch.next(LONG)).isEmpty();
            assertThat(watch.ended()).isTrue();
        }
        ModelChanges.Watch late = registry.changes().watch();
        assertThat(late.next(LONG)).isEmpty();
        assertThat(late.ended()).isTrue();
    }

    @Test
    void aWatcherThatFallsBehindHoldsUpNobody() {
        three(ROOM);
        ServedModel model = registry.require("a");
        try (ModelChanges.Watch slow = registry.changes().watch();
                ModelChanges.Watch other = registry.changes().watch()) {
            for (int i = 0; i < 2000; i++) {
                model.progress(i / 2000.0);
                assertThat(other.next(LONG)).isPresent();
            }
            int behind = 0;
            while (!slow.ended()) {
                assertThat(slow.next(LONG)).isPresent();
                behind++;
            }
            assertThat(behind).isEqualTo(1024);
            assertThat(other.ended()).isFalse();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
