package dev.corral.server.http;

import dev.corral.engine.InvalidRequestException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The API keys, as digests. A file of keys is looked at again, at most once a second, when a request comes: a key that was
 * added holds from then on, one that was removed no longer does, and what the others have used stays counted. While the
 * file can't be read, what it last said holds. Thread-safe.
 */
final class KeyRing {

    private static final Logger LOG = System.getLogger("dev.corral.server");
    private static final long SECOND = 1_000_000_000L;

    private record Version(long modified, long size, Optional<Object> inode) {}

    private final KeySettings settings;
    private final LongSupplier clock;
    private volatile List<Caller> callers = List.of();
    private Version version = new Version(0, 0, Optional.empty());
    private long looked;

    /**
     * Reads the keys.
     *
     * @param clock nanoseconds from an arbitrary time
     * @throws IOException when the file can't be read, has no key, or has a line that is wrong
     */
    KeyRing(KeySettings settings, LongSupplier clock) throws IOException {
        this.settings = settings;
        this.clock = clock;
        this.looked = clock.getAsLong();
        if (settings.file().isPresent()) {
            this.version = versionOf(settings.file().get());
        }
        this.callers = read();
        if (settings.needed() && callers.isEmpty()) {
            throw new IOException("it has no key");
        }
    }

    /** Whether a request must carry a key. */
    boolean isNeeded() {
        return settings.needed();
    }

    /** Who has this key. Every key is compared, however many there are and whichever it is. */
    Optional<Caller> callerWith(String key) {
        lookAgain();
        byte[] presented = digest(key);
        Optional<Caller> found = Optional.empty();
        for (Caller caller : callers) {
            if (caller.has(presented)) {
                found = Optional.of(caller);
            }
        }
        return found;
    }

    private void lookAgain() {
        if (settings.file().isPresent()) {
            lookAgain(settings.file().get());
        }
    }

    private synchronized void lookAgain(Path file) {
        long now = clock.getAsLong();
        if (now - looked < SECOND) {
            return;
        }
        looked = now;
        try {
            Version current = versionOf(file);
            if (!current.equals(version)) {
                callers = read();
                version = current;
                LOG.log(Level.INFO, "the key file was read again: {0} keys", callers.size());
            }
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the key file can''t be read, so the keys stay as they were: {0}", e.getMessage());
        }
    }

    private List<Caller> read() throws IOException {
        List<Caller> read = new ArrayList<>();
        for (String key : settings.keys()) {
            add(read, key, settings.limits());
        }
        if (settings.file().isPresent()) {
            List<String> lines = Files.readAllLines(settings.file().get(), StandardCharsets.UTF_8);
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i).strip();
                if (!line.isEmpty() && !line.startsWith("#")) {
                    addLine(read, line.split("\\s+"), i + 1);
                }
            }
        }
        return List.copyOf(read);
    }

    private void addLine(List<Caller> read, String[] words, int number) throws IOException {
        int requests = settings.limits().requests();
        int tokens = settings.limits().tokens();
        int concurrent = settings.limits().concurrent();
        for (int i = 1; i < words.length && !words[i].startsWith("#"); i++) {
            int equals = words[i].indexOf('=');
            String name = words[i].substring(0, Math.max(0, equals));
            try {
                int value = KeyLimits.RANGE.check(name, Integer.parseInt(words[i].substring(equals + 1)));
                switch (name) {
                    case "rpm" -> requests = value;
                    case "tpm" -> tokens = value;
                    case "concurrent" -> concurrent = value;
                    default -> throw new NumberFormatException();
                }
            } catch (NumberFormatException | InvalidRequestException e) {
                throw new IOException(
                        "line " + number + ": a key may be followed by rpm=N, tpm=N and concurrent=N only", e);
            }
        }
        add(read, words[0], new KeyLimits(requests, tokens, concurrent));
    }

    private void add(List<Caller> read, String key, KeyLimits limits) {
        Caller caller = new Caller(digest(key), limits, clock);
        read.add(callers.stream().filter(caller::isLike).findFirst().orElse(caller));
    }

    private static Version versionOf(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Version(
                attributes.lastModifiedTime().toMillis(), attributes.size(), Optional.ofNullable(attributes.fileKey()));
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
