package dev.corral.engine.local.cache;

import dev.corral.llama.StateBuffer;
import dev.corral.llama.StateScope;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** A saved state in a file: a {@link StateHeader} and the state behind it. It appears whole or not at all. */
public final class StateFile {

    private StateFile() {}

    /** What a file held; the buffer is the caller's to close. */
    public record Contents(PrefixSpace space, int[] tokens, StateBuffer state) {}

    /** Writes a state under another name first, of which nothing is left when that fails. */
    public static void write(Path file, Path partial, StateHeader header, StateBuffer state) throws IOException {
        try (FileChannel channel = FileChannel.open(
                partial, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            header.write(channel);
            state.writeTo(channel);
        } catch (IOException e) {
            delete(partial, e);
            throw e;
        }
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void delete(Path partial, IOException cause) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** @throws IOException when it can't be read, belongs to something else, or a checksum is wrong */
    public static Contents read(Path file, long fingerprint) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            StateHeader header = StateHeader.read(channel);
            header.requireFingerprint(fingerprint);
            StateBuffer state = StateBuffer.readFrom(channel, header.stateBytes(), StateScope.WHOLE);
            if (state.checksum() != header.checksum()) {
                state.close();
                throw new IOException(file.getFileName() + " is damaged: its checksum is wrong");
            }
            return new Contents(header.space(), header.tokens(), state);
        }
    }
}
