package dev.corral.bench.load;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The receiving end of a connection: buffered bytes and lines. Not thread-safe. */
final class WireInput {

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 14];
    private int next;
    private int end;

    WireInput(InputStream in) {
        this.in = in;
    }

    private boolean fill() throws IOException {
        next = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }

    /** The next byte, or -1 at the end. */
    int read() throws IOException {
        return next < end || fill() ? buffer[next++] & 0xff : -1;
    }

    int read(byte[] target, int offset, int length) throws IOException {
        if (next == end && !fill()) {
            return -1;
        }
        int count = Math.min(length, end - next);
        System.arraycopy(buffer, next, target, offset, count);
        next += count;
        return count;
    }

    /**
     * A line of a head, without its line break.
     *
     * @throws EOFException when the connection ended before it
     */
    String readLine() throws IOException {
        StringBuilder line = new StringBuilder(64);
        for (int c = read(); c != '\n'; c = read()) {
            if (c < 0) {
                throw new EOFException("the server closed the connection");
            }
            line.append((char) c);
        }
        int length = line.length();
        return length > 0 && line.charAt(length - 1) == '\r' ? line.substring(0, length - 1) : line.toString();
    }

    /** Reads exactly {@code length} bytes as UTF-8. */
    String readText(int length) throws IOException {
        byte[] all = new byte[length];
        for (int at = 0; at < length; ) {
            int count = read(all, at, length - at);
            if (count < 0) {
                throw new EOFException("the server closed the connection within an answer");
            }
            at += count;
        }
        return new String(all, StandardCharsets.UTF_8);
    }
}
