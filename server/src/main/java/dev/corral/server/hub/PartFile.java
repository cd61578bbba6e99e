package dev.corral.server.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What has come of a file: {@code NAME.part}, and beside it {@code NAME.part.tag} with what the server tells versions apart
 * by, so that a later try goes on with the same one. Only one process at a time may have it. It becomes {@code NAME} when it is
 * whole.
 *
 * <p>Ownership: whoever opened it closes it, which keeps what has come. Used by one thread.
 */
final class PartFile implements AutoCloseable {

    private static final int CHUNK = 1 << 20;

    private final Path target;
    private final Path path;
    private final Path tagPath;
    private final FileChannel channel;
    private final MessageDigest digest = sha256();
    private long digested;

    private PartFile(Path target, Path path, FileChannel channel) {
        this.target = target;
        this.path = path;
        this.tagPath = path.resolveSibling(path.getFileName() + ".tag");
        this.channel = channel;
    }

    /**
     * Opens what there is of a file, or begins it.
     *
     * @throws HubException when another process has it
     */
    static PartFile of(Path target) throws IOException {
        Files.createDirectories(target.toAbsolutePath().getParent());
        Path path = target.resolveSibling(target.getFileName() + ".part");
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (!locked(channel)) {
            channel.close();
            throw new HubException(target.getFileName() + " is being downloaded by another process");
        }
        return new PartFile(target, path, channel);
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    long size() throws IOException {
        return channel.size();
    }

    /** What it was told apart by when it began. */
    Optional<String> tag() throws IOException {
        return Files.isRegularFile(tagPath) ? Optional.of(Files.readString(tagPath)) : Optional.empty();
    }

    /** Throws away what has come, and begins again as this version. */
    void begin(String tag) throws IOException {
        channel.truncate(0);
        digest.reset();
        digested = 0;
        Files.writeString(tagPath, tag);
    }

    void append(byte[] bytes, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
        long at = channel.size();
        boolean current = digested == at;
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
        if (current) {
            digest.update(bytes, 0, length);
            digested = at;
        }
    }

    /** The digest of all that has come. Where it came in an earlier run, it is read again. */
    String digest() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
        while (digested < channel.size()) {
            int read = channel.read(buffer.clear(), digested);
            digest.update(buffer.flip());
            digested += read;
        }
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("a digest that can't be copied", e);
        }
    }

    /** Gives it its name. Whoever looks sees the whole file or none. */
    void finish() throws IOException {
        channel.force(true);
        Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        Files.deleteIfExists(tagPath);
    }

    void discard() throws IOException {
        Files.deleteIfExists(path);
        Files.deleteIfExists(tagPath);
    }

    /** Bytes that still fit beside it. */
    long room() throws IOException {
        return Files.getFileStore(path).getUsableSpace();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
