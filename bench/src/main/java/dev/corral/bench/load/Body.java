package dev.corral.bench.load;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The body of an answer, whichever way its end is marked. Not thread-safe. */
final class Body {

    private static final long UNKNOWN = -1;

    private final WireInput in;
    private final boolean chunked;
    private long left;
    private boolean ended;

    private Body(WireInput in, boolean chunked, long left) {
        this.in = in;
        this.chunked = chunked;
        this.left = left;
        this.ended = !chunked && left == 0;
    }

    /** @param headers with names in lower case */
    static Body of(WireInput in, Map<String, String> headers) {
        if (headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked")) {
            return new Body(in, true, 0);
        }
        @Nullable String length = headers.get("content-length");
        return new Body(in, false, length == null ? UNKNOWN : Long.parseLong(length));
    }

    /** True when the connection can be used again after it. */
    boolean delimited() {
        return chunked || left != UNKNOWN;
    }

    boolean ended() {
        return ended;
    }

    /** The next byte, or -1 at the end. */
    int read() throws IOException {
        if (ended || (chunked && left == 0 && !nextChunk())) {
            return -1;
        }
        int value = in.read();
        if (value < 0) {
            ended = true;
            if (left != UNKNOWN) {
                throw new EOFException("the server closed the connection within an answer");
            }
            return -1;
        }
        if (left != UNKNOWN) {
            left--;
            ended = !chunked && left == 0;
        }
        return value;
    }

    private boolean nextChunk() throws IOException {
        String line = in.readLine();
        if (line.isEmpty()) {
            line = in.readLine();
        }
        int extension = line.indexOf(';');
        left = Long.parseLong((extension < 0 ? line : line.substring(0, extension)).strip(), 16);
        if (left == 0) {
            while (!in.readLine().isEmpty()) {
                // trailers
            }
            ended = true;
        }
        return left > 0;
    }

    String readAll() throws IOException {
        if (!chunked && left > 0) {
            String text = in.readText(Math.toIntExact(left));
            left = 0;
            ended = true;
            return text;
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int value = read(); value >= 0; value = read()) {
            all.write(value);
        }
        return all.toString(StandardCharsets.UTF_8);
    }
}
