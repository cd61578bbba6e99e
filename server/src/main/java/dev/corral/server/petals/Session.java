package dev.corral.server.petals;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Optional;

/**
 * A text in the making: the tokens of all inputs and outputs so far, whose attention states are in the KV cache. The last
 * token that was sampled is not among those states yet; the next call computes it.
 *
 * <p>Used by one call at a time.
 */
final class Session {

    private static final Logger LOG = System.getLogger("dev.corral.server");

    private final Optional<AdapterSet> adapters;
    private final String partition;
    private final int capacity;
    private final boolean goesOn;
    private int[] tokens = new int[64];
    private int length;
    private int pending;
    private int[] held = {};

    /**
     * A session without tokens.
     *
     * @param adapters what it is computed with; empty for what the engine applies by default
     * @param partition of the prefix cache
     * @param capacity most tokens whose states it may have
     * @param goesOn whether there may be another call after the first
     */
    Session(Optional<AdapterSet> adapters, String partition, int capacity, boolean goesOn) {
        this.goesOn = goesOn;
        this.adapters = adapters;
        this.partition = partition;
        this.capacity = capacity;
    }

    Optional<AdapterSet> adapters() {
        return adapters;
    }

    String partition() {
        return partition;
    }

    boolean goesOn() {
        return goesOn;
    }

    boolean isEmpty() {
        return length == 0;
    }

    /** All its tokens, the one that is not computed yet included. */
    int length() {
        return length;
    }

    Tokens tokens() {
        return Tokens.of(tokens, 0, length);
    }

    /** Its last tokens, so many. */
    Tokens last(int count) {
        return Tokens.of(tokens, length - count, count);
    }

    /** Tokens whose states are computed, or were. */
    int position() {
        return length - pending;
    }

    /**
     * Adds what the client said.
     *
     * @throws ApiException when there is no room for it
     */
    void addInput(int[] input) {
        if (length + input.length > capacity) {
            throw full(pending + input.length);
        }
        for (int token : input) {
            append(token);
        }
        pending += input.length;
    }

    /** How many tokens may be sampled: the last needs no room. */
    int room() {
        return capacity - length + 1;
    }

    /** Adds a token that was sampled, for which all before it were computed. */
    void addOutput(int token) {
        append(token);
        pending = 1;
    }

    /** Puts these in place of the last token, which was sampled. */
    void replaceLast(int[] by) {
        length--;
        for (int token : by) {
            append(token);
        }
        pending = by.length;
    }

    /** Sampled tokens that are the beginning of a character, which the client has not got yet. */
    int[] held() {
        return held;
    }

    void hold(int[] beginning) {
        held = beginning;
    }

    /** There is no room for so many tokens more. */
    ApiException full(int current) {
        return new ApiException(ApiError.Kind.INVALID, tooLong(position(), current, capacity));
    }

    /** There is no room for the token that was sampled last. */
    ApiException full() {
        return new ApiException(ApiError.Kind.INVALID, tooLong(capacity, 1, capacity));
    }

    static String tooLong(int position, int current, int capacity) {
        return "ValueError: Maximum length exceeded: prefix " + position + " + current " + current
                + " exceeds pre-allocated maximum " + capacity;
    }

    /** Where it stands, to come back to. */
    record Mark(int length, int pending) {}

    Mark mark() {
        return new Mark(length, pending);
    }

    /** Forgets what came after this mark. */
    void rewind(Mark mark, Engine engine) {
        vacate(engine);
        length = mark.length();
        pending = mark.pending();
        held = new int[0];
    }

    /** Frees its cells. A client that comes back with the same text finds it in host memory. */
    void vacate(Engine engine) {
        if (length == 0) {
            return;
        }
        try {
            engine.ask(new Query.Vacate(tokens(), adapters, partition));
        } catch (EngineException e) {
            LOG.log(Level.DEBUG, "a session ended with its engine", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void append(int token) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, length * 2);
        }
        tokens[length++] = token;
    }
}
