package dev.corral.engine.local.model;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.NativeLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** What a saved state must have been saved with to be of use: the model, the cache's types, the library. */
public final class Fingerprint {

    private static final int SAMPLE = 1 << 20;

    private Fingerprint() {}

    /** @throws UncheckedIOException when the model's file can't be read */
    public static long of(LocalEngineOptions options) {
        return of(
                options.model(),
                options.keyType(),
                options.valueType(),
                options.flashAttention(),
                Double.toString(options.ropeAlpha()),
                Boolean.toString(options.fullWindowCache()));
    }

    /** What an image must have been encoded with for its embeddings to be the same. */
    public static long of(LocalEngineOptions.Projector projector) {
        return of(projector.file(), Integer.toString(projector.minTokens()), Integer.toString(projector.maxTokens()));
    }

    private static long of(Path path, String... settings) {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(text(Long.toString(file.size())));
            digest.update(sample(file, 0));
            digest.update(sample(file, Math.max(0, file.size() - SAMPLE)));
            digest.update(text(NativeLibrary.load().version() + "|" + String.join("|", settings)));
            return ByteBuffer.wrap(digest.digest()).getLong();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ByteBuffer sample(FileChannel file, long position) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(SAMPLE, file.size() - position));
        while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) >= 0) {
            continue;
        }
        return bytes.flip();
    }
}
