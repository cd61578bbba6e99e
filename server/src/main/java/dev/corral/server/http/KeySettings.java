package dev.corral.server.http;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which API keys there are; requests need none where neither a key nor a file is given.
 *
 * @param keys the keys themselves
 * @param file further keys, one a line, each with limits of its own where they differ: {@code KEY rpm=60 tpm=20000
 *     concurrent=4}; {@code #} begins a comment
 * @param limits what each key may use where its line says nothing else
 */
public record KeySettings(List<String> keys, Optional<Path> file, KeyLimits limits) {

    public static final KeySettings NONE = new KeySettings(List.of(), Optional.empty(), KeyLimits.NONE);

    public KeySettings {
        keys = List.copyOf(keys);
    }

    /** Whether a request must carry a key. */
    public boolean needed() {
        return !keys.isEmpty() || file.isPresent();
    }

    /** @throws IOException when the file can't be read, has no key, or has a line that is wrong */
    public void check() throws IOException {
        KeyRing _ = new KeyRing(this, System::nanoTime);
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return keys.size() + " keys, file " + file + ", " + limits;
    }
}
