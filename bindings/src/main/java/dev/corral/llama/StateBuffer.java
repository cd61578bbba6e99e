package dev.corral.llama;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32C;

/**
 * The saved state of a sequence, outside the Java heap. It fits contexts of the same model, the same KV cache types and
 * the same llama.cpp version; llama.cpp does not survive every state that is corrupt, so what comes from a file wants
 * its {@link #checksum} compared first. Used by one thread at a time.
 */
public final class StateBuffer extends NativeHandle {

    /** A channel takes no more at once than a byte buffer can have. */
    private static final long PART = 1 << 30;

    private final Arena arena;
    private final StateScope scope;

    private StateBuffer(Arena arena, MemorySegment bytes, StateScope scope) {
        super("state buffer", bytes, null);
        this.arena = arena;
        this.scope = scope;
    }

    static StateBuffer allocate(long size, StateScope scope) {
        Arena arena = Arena.ofShared();
        return new StateBuffer(arena, arena.allocate(size, Long.BYTES), scope);
    }

    /**
     * A state that {@link #writeTo} wrote.
     *
     * @param size its bytes
     * @throws EOFException when the channel ends before
     */
    public static StateBuffer readFrom(ReadableByteChannel channel, long size, StateScope scope) throws IOException {
        if (size <= 0) {
            throw new IllegalArgumentException("a state of " + size + " bytes");
        }
        StateBuffer buffer = allocate(size, scope);
        try {
            for (long offset = 0; offset < size; offset += PART) {
                ByteBuffer part = buffer.part(offset);
                while (part.hasRemaining()) {
                    if (channel.read(part) < 0) {
                        throw new EOFException("the state ends at byte " + (offset + part.position()) + " of " + size);
                    }
                }
            }
            return buffer;
        } catch (IOException | RuntimeException | Error e) {
            buffer.close();
            throw e;
        }
    }

    /** Writes all its bytes. */
    public void writeTo(WritableByteChannel channel) throws IOException {
        for (long offset = 0; offset < size(); offset += PART) {
            ByteBuffer part = part(offset);
            while (part.hasRemaining()) {
                channel.write(part);
            }
        }
    }

    /** CRC-32C of its bytes. */
    public long checksum() {
        CRC32C checksum = new CRC32C();
        for (long offset = 0; offset < size(); offset += PART) {
            checksum.update(part(offset));
        }
        return checksum.getValue();
    }

    /** Bytes. */
    public long size() {
        return pointer().byteSize();
    }

    public StateScope scope() {
        return scope;
    }

    private ByteBuffer part(long offset) {
        return pointer().asSlice(offset, Math.min(PART, size() - offset)).asByteBuffer();
    }

    @Override
    void free(MemorySegment pointer) {
        arena.close();
    }
}
