package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyRingTest {

    @TempDir
    private Path folder;

    private final AtomicLong clock = new AtomicLong();

    private KeyRing ring(Path file, KeyLimits limits) throws IOException {
        return new KeyRing(new KeySettings(List.of("given"), Optional.of(file), limits), clock::get);
    }

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("keys"), text);
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    private static Duration refusal(Caller caller) {
        try (Caller.Visit _ = caller.enter()) {
            throw new AssertionError("was let in");
        } catch (ApiException e) {
            assertThat(e.error().kind()).isEqualTo(ApiError.Kind.RATE_LIMITED);
            return e.error().retryAfter().orElseThrow();
        }
    }

    @Test
    void readsAFileWithCommentsAndLimits() throws IOException {
        KeyRing ring = ring(file("# ours\n\n  one  \ntwo rpm=1 concurrent=3 # a guest\n"), KeyLimits.NONE);
        assertThat(ring.callerWith("one")).isPresent();
        assertThat(ring.callerWith("given")).isPresent();
        assertThat(ring.callerWith("# ours")).isEmpty();
        assertThat(ring.callerWith("two rpm=1")).isEmpty();
        Caller two = ring.callerWith("two").orElseThrow();
        two.enter().close();
        assertThat(refusal(two)).isEqualTo(Duration.ofMinutes(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"one rpm", "one rpm=", "one rpm=-1", "one rpm=x", "one speed=3", "one two"})
    void aLineThatIsWrongIsNamedWithoutItsKey(String line) throws IOException {
        Path file = file("fine\n" + line);
        assertThatIOException()
                .isThrownBy(() -> ring(file, KeyLimits.NONE))
                .withMessageContaining("line 2")
                .withMessageNotContaining("one");
    }

    @Test
    void aFileWithoutKeysIsNoWayToLetEverybodyIn() throws IOException {
        Path file = file("# nothing\n");
        assertThatIOException()
                .isThrownBy(
                        () -> new KeyRing(new KeySettings(List.of(), Optional.of(file), KeyLimits.NONE), clock::get))
                .withMessageContaining("no key");
        KeyRing ring = new KeyRing(new KeySettings(List.of(), Optional.of(file("one")), KeyLimits.NONE), clock::get);
        file("# all gone\n");
        pass(Duration.ofSeconds(2));
        assertThat(ring.callerWith("one")).isEmpty();
        assertThat(ring.isNeeded()).isTrue();
    }

    @Test
    void aFileThatChangesIsReadAgain() throws IOException {
        Path file = file("one rpm=1\ntwo");
        KeyRing ring = ring(file, KeyLimits.NONE);
        ring.callerWith("one").orElseThrow().enter().close();
        file("one rpm=1\nthree and\n");
        pass(Duration.ofSeconds(2));
        assertThat(ring.callerWith("two")).as("a wrong line changes nothing").isPresent();
        file("one rpm=1\nthree");
        pass(Duration.ofSeconds(2));
        assertThat(ring.callerWith("two")).isEmpty();
        assertThat(ring.callerWith("three")).isPresent();
        assertThat(refusal(ring.callerWith("one").orElseThrow()))
                .as("what was used stays counted")
                .isEqualTo(Duration.ofSeconds(56));
        Files.delete(file);
        pass(Duration.ofSeconds(2));
        assertThat(ring.callerWith("three")).isPresent();
    }

    @Test
    void requestsAreRefilledEvenly() throws IOException {
        Caller caller =
                ring(file("one"), new KeyLimits(60, 0, 0)).callerWith("one").orElseThrow();
        for (int i = 0; i < 60; i++) {
            caller.enter().close();
        }
        assertThat(refusal(caller)).isEqualTo(Duration.ofSeconds(1));
        pass(Duration.ofMillis(400));
        assertThat(refusal(caller)).isEqualTo(Duration.ofMillis(600));
        pass(Duration.ofMillis(600));
        caller.enter().close();
        refusal(caller);
        pass(Duration.ofHours(1));
        for (int i = 0; i < 60; i++) {
            caller.enter().close();
        }
        refusal(caller);
    }

    @Test
    void tokensBeyondTheLimitAreMadeUpFor() throws IOException {
        Caller caller =
                ring(file("one"), new KeyLimits(0, 600, 0)).callerWith("one").orElseThrow();
        try (Caller.Visit _ = caller.enter()) {
            caller.spend(1_199);
        }
        assertThat(refusal(caller)).isEqualTo(Duration.ofSeconds(60));
        pass(Duration.ofSeconds(60));
        caller.enter().close();
    }

    @Test
    void onlySoManyRunAtOnce() throws IOException {
        Caller caller =
                ring(file("one"), new KeyLimits(0, 0, 2)).callerWith("one").orElseThrow();
        Caller.Visit first = caller.enter();
        try (Caller.Visit _ = caller.enter()) {
            refusal(caller);
            first.close();
            caller.enter().close();
        }
    }

    @Test
    void oneKeysLimitsAreNotAnothers() throws IOException {
        KeyRing ring = ring(file("one\ntwo"), new KeyLimits(1, 0, 0));
        ring.callerWith("one").orElseThrow().enter().close();
        refusal(ring.callerWith("one").orElseThrow());
        ring.callerWith("two").orElseThrow().enter().close();
    }

    @Test
    void limitsAreNotNegative() {
        assertThatExceptionOfType(dev.corral.engine.InvalidRequestException.class)
                .isThrownBy(() -> new KeyLimits(0, -1, 0))
                .withMessageContaining("key-tpm");
    }

    @Test
    void keysAreNotShown() {
        assertThat(new KeySettings(List.of("secret"), Optional.empty(), KeyLimits.NONE).toString())
                .doesNotContain("secret");
    }
}
