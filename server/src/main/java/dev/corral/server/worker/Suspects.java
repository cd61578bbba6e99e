package dev.corral.server.worker;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Generate;
import dev.corral.engine.Query;
import dev.corral.server.worker.wire.Codec;
import dev.corral.server.worker.wire.Codecs;
import dev.corral.server.worker.wire.WireOutput;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Requests that were there when a worker died, known by digests of their contents. One that was there twice is not run
 * again; one that ends well in between is innocent.
 *
 * <p>Thread-safe. Its memory is bounded: the request that was a suspect longest ago is forgotten first.
 */
final class Suspects {

    private static final int REMEMBERED = 1024;
    private static final int DEATHS = 2;
    private static final Codec<Generate> GENERATIONS = Codecs.of(Generate.class);

    // every query is a branch of the sealed type
    @SuppressWarnings("rawtypes")
    private static final Codec<Query> QUERIES = Codecs.of(Query.class);

    private final LinkedHashMap<String, Integer> deaths = new LinkedHashMap<>();

    /** @throws EngineException when a request was there at two deaths */
    void check(Generate request) {
        if (!isEmpty()) {
            check(digest(request));
        }
    }

    /** @throws EngineException when a question was there at two deaths */
    void check(Query<?> query) {
        if (!isEmpty()) {
            check(digest(query));
        }
    }

    private synchronized void check(String digest) {
        int times = deaths.getOrDefault(digest, 0);
        if (times >= DEATHS) {
            throw new EngineException(new EngineError.Quarantined(times));
        }
    }

    /** A worker died while these were there. */
    void died(Collection<Generate> requests, Collection<Query<?>> queries) {
        requests.stream().map(Suspects::digest).distinct().forEach(this::add);
        queries.stream().map(Suspects::digest).distinct().forEach(this::add);
    }

    private synchronized void add(String digest) {
        @Nullable Integer before = deaths.remove(digest);
        deaths.put(digest, before == null ? 1 : before + 1);
        if (deaths.size() > REMEMBERED) {
            deaths.pollFirstEntry();
        }
    }

    /** A request ended as requests should. */
    void endedWell(Generate request) {
        if (!isEmpty()) {
            remove(digest(request));
        }
    }

    private synchronized void remove(String digest) {
        deaths.remove(digest);
    }

    private synchronized boolean isEmpty() {
        return deaths.isEmpty();
    }

    /** Whoever sends it, and whenever it must be done. */
    private static String digest(Generate request) {
        WireOutput bytes = new WireOutput();
        GENERATIONS.write(request.with(Generate.Schedule.NORMAL), bytes);
        return digest(bytes);
    }

    private static String digest(Query<?> query) {
        WireOutput bytes = new WireOutput();
        QUERIES.write(query, bytes);
        return digest(bytes);
    }

    private static String digest(WireOutput bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes.array(), 0, bytes.size());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
