package dev.corral.gguf;

import java.nio.file.Path;

/** Goes through a file's header from front to back, and never past its end. For one thread. */
final class Cursor {

    private final Path file;
    private final Bytes bytes;
    private int position;

    Cursor(Path file, Bytes bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    int position() {
        return position;
    }

    int nextInt(String what) {
        require(Integer.BYTES, what);
        int value = bytes.intAt(position);
        position += Integer.BYTES;
        return value;
    }

    long nextLong(String what) {
        require(Long.BYTES, what);
        long value = bytes.longAt(position);
        position += Long.BYTES;
        return value;
    }

    /** Reads a string's length, which must leave the string within the file. */
    int nextLength(String what) {
        long length = nextLong(what);
        if (length < 0 || length > remaining()) {
            throw new GgufException(
                    file,
                    what,
                    position - Long.BYTES,
                    "is " + Long.toUnsignedString(length) + " bytes long, but the file ends " + remaining()
                            + " bytes later");
        }
        return (int) length;
    }

    /** Steps over strings that each lie within the file. There may be many, and this runs before it is compiled. */
    void skipStrings(int count, String what) {
        int last = bytes.length() - Long.BYTES;
        int at = position;
        for (int i = 0; i < count; i++) {
            long length = at <= last ? bytes.longAt(at) : -1;
            if (length < 0 || length > last - at) {
                position = at;
                nextLength(what + ", value " + i + ",");
            }
            at += Long.BYTES + (int) length;
        }
        position = at;
    }

    /** Steps over bytes; {@code length} is at most {@link #remaining}. */
    void skip(int length) {
        position += length;
    }

    int remaining() {
        return bytes.length() - position;
    }

    private void require(int size, String what) {
        if (remaining() < size) {
            throw new GgufException(file, what, position, "is cut off: the file ends at byte " + bytes.length());
        }
    }
}
