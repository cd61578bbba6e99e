package dev.corral.engine.local.cache;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Which prefixes can stand for each other: those computed with the same adapters, for the same partition of the cache.
 * Every other cached token is as if it were not there. Both parts are digests, so that a space means the same after a
 * restart, and that files tell nothing of the partition's name.
 *
 * @param adapters digest of what the adapters hold and of their scales, as hexadecimal digits; "" for none
 * @param partition digest of the partition's name; "" for the one without a name
 */
public record PrefixSpace(String adapters, String partition) {

    /** No adapters, no partition. */
    public static final PrefixSpace SHARED = new PrefixSpace("", "");

    /** Bytes of a space in a file. */
    static final int BYTES = 32;

    private static final int DIGEST = 16;
    private static final HexFormat HEX = HexFormat.of();

    public static PrefixSpace of(String adapters, String partitionName) {
        return adapters.isEmpty() && partitionName.isEmpty()
                ? SHARED
                : new PrefixSpace(adapters, partitionOf(partitionName));
    }

    public static String partitionOf(String name) {
        return name.isEmpty() ? "" : digest(name.getBytes(StandardCharsets.UTF_8));
    }

    /** The first 16 bytes of SHA-256, as hexadecimal digits. */
    public static String digest(byte[] bytes) {
        try {
            return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, DIGEST);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** A short name that no other space has, for the names of files. */
    String label() {
        return digest((adapters + "/" + partition).getBytes(StandardCharsets.UTF_8));
    }

    void write(ByteBuffer buffer) {
        put(buffer, adapters);
        put(buffer, partition);
    }

    private static void put(ByteBuffer buffer, String part) {
        buffer.put(part.isEmpty() ? new byte[DIGEST] : HEX.parseHex(part));
    }

    static PrefixSpace read(ByteBuffer buffer) {
        return new PrefixSpace(get(buffer), get(buffer));
    }

    private static String get(ByteBuffer buffer) {
        byte[] bytes = new byte[DIGEST];
        buffer.get(bytes);
        String part = HEX.formatHex(bytes);
        return part.equals("0".repeat(2 * DIGEST)) ? "" : part;
    }
}
