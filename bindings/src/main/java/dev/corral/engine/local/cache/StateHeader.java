package dev.corral.engine.local.cache;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32C;

/**
 * The beginning of a saved state's file. Little-endian: magic "CRLK", format version, fingerprint (8 bytes), prefix space
 * (32), number of tokens (4), bytes of the state (8), CRC-32C of the state (8), the tokens (4 each), CRC-32C of all that (8).
 *
 * @param fingerprint of model, context settings and library version
 * @param space whose prefixes the state is among
 * @param tokens that the state is of
 * @param stateBytes how long the state is that follows
 * @param checksum CRC-32C of the state
 */
public record StateHeader(long fingerprint, PrefixSpace space, int[] tokens, long stateBytes, long checksum) {

    private static final int MAGIC = 0x4b4c5243;
    private static final int VERSION = 2;
    private static final int FIXED = 36 + PrefixSpace.BYTES;
    private static final int MAX_TOKENS = 1 << 26;

    void write(WritableByteChannel channel) throws IOException {
        ByteBuffer buffer = allocate(FIXED + tokens.length * Integer.BYTES + Long.BYTES);
        buffer.putInt(MAGIC).putInt(VERSION).putLong(fingerprint);
        space.write(buffer);
        buffer.putInt(tokens.length).putLong(stateBytes).putLong(checksum);
        for (int token : tokens) {
            buffer.putInt(token);
        }
        buffer.putLong(crc(buffer)).flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /** @throws IOException when there is no header, or it is damaged */
    static StateHeader read(FileChannel channel) throws IOException {
        ByteBuffer fixed = fill(channel, FIXED);
        if (fixed.getInt() != MAGIC || fixed.getInt() != VERSION) {
            throw new IOException("it is no saved state of this version");
        }
        long fingerprint = fixed.getLong();
        PrefixSpace space = PrefixSpace.read(fixed);
        int count = fixed.getInt();
        long bytes = fixed.getLong();
        long checksum = fixed.getLong();
        if (count <= 0 || count > MAX_TOKENS || bytes <= 0 || bytes > channel.size()) {
            throw new IOException("it says that it holds " + count + " tokens and " + bytes + " bytes");
        }
        ByteBuffer rest = fill(channel, count * Integer.BYTES + Long.BYTES);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = rest.getInt();
        }
        CRC32C crc = new CRC32C();
        crc.update(fixed.array(), 0, FIXED);
        crc.update(rest.array(), 0, count * Integer.BYTES);
        if (crc.getValue() != rest.getLong()) {
            throw new IOException("its header is damaged");
        }
        return new StateHeader(fingerprint, space, tokens, bytes, checksum);
    }

    void requireFingerprint(long expected) throws IOException {
        if (fingerprint != expected) {
            throw new IOException("it belongs to another model, other settings or another version");
        }
    }

    private static long crc(ByteBuffer buffer) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.array(), 0, buffer.position());
        return crc.getValue();
    }

    private static ByteBuffer fill(ReadableByteChannel channel, int bytes) throws IOException {
        ByteBuffer buffer = allocate(bytes);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("it ends too early");
            }
        }
        return buffer.flip();
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
