package dev.corral.engine.local.text;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Stop strings that are part of the text, looked for at the end of every so many tokens: the text has to end with one there.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class ChunkStops {

    private final List<String> stops;
    private final List<byte[]> endings;
    private final int chunk;
    private final int longest;
    private byte[] tail = {};
    private int tokens;
    private Optional<String> stopped = Optional.empty();

    /** @param chunk tokens, at least 1 */
    public ChunkStops(List<String> stops, int chunk) {
        this.stops = List.copyOf(stops);
        this.endings = stops.stream()
                .map(stop -> stop.getBytes(StandardCharsets.UTF_8))
                .toList();
        this.chunk = chunk;
        this.longest = endings.stream().mapToInt(ending -> ending.length).max().orElse(0);
    }

    /** Adds a token's bytes. */
    public void add(byte[] piece) {
        tail = lastOf(tail, piece);
        if (++tokens % chunk == 0) {
            stopped = find();
        }
    }

    /** What the text ends with, at the end of a chunk. */
    public Optional<String> stopped() {
        return stopped;
    }

    private Optional<String> find() {
        for (int i = 0; i < stops.size(); i++) {
            byte[] ending = endings.get(i);
            int from = tail.length - ending.length;
            if (from >= 0 && Arrays.equals(tail, from, tail.length, ending, 0, ending.length)) {
                return Optional.of(stops.get(i));
            }
        }
        return Optional.empty();
    }

    private byte[] lastOf(byte[] before, byte[] added) {
        byte[] both = Arrays.copyOf(before, before.length + added.length);
        System.arraycopy(added, 0, both, before.length, added.length);
        return both.length <= longest ? both : Arrays.copyOfRange(both, both.length - longest, both.length);
    }
}
