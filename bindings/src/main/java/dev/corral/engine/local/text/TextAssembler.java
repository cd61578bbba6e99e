package dev.corral.engine.local.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Turns the bytes of tokens into text that can be sent: whole characters only, bytes that are no UTF-8 as U+FFFD, and
 * nothing that may still turn out to be a stop string. It also ends the text where a line is indented too little.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class TextAssembler {

    private final List<String> stops;
    private final int minIndent;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private ByteBuffer bytes = ByteBuffer.allocate(64);
    private CharBuffer chars = CharBuffer.allocate(64);
    private final StringBuilder held = new StringBuilder();
    private int sent;
    private Optional<String> stopped = Optional.empty();
    private boolean newline;
    private boolean inIndent;
    private boolean shallow;
    private int indent;

    /** @param minIndent blanks that every line after the first must begin with; 0 for no such rule */
    public TextAssembler(List<String> stops, int minIndent) {
        this.stops = List.copyOf(stops);
        this.minIndent = minIndent;
    }

    /** Adds a token's bytes. */
    public void append(byte[] piece) {
        append(piece, false);
    }

    private void append(byte[] piece, boolean end) {
        if (bytes.remaining() < piece.length) {
            ByteBuffer larger = ByteBuffer.allocate((bytes.position() + piece.length) * 2);
            bytes = larger.put(bytes.flip());
            chars = CharBuffer.allocate(larger.capacity());
        }
        bytes.put(piece).flip();
        decoder.decode(bytes, chars, end);
        if (end) {
            decoder.flush(chars);
        }
        bytes.compact();
        int added = held.length();
        held.append(chars.flip());
        chars.clear();
        readLines(added);
        if (stopped.isEmpty()) {
            findStop();
        }
    }

    private void readLines(int from) {
        for (int i = from; i < held.length(); i++) {
            char c = held.charAt(i);
            if (c == '\n') {
                newline = true;
                inIndent = true;
                indent = 0;
            } else if (inIndent && (c == ' ' || c == '\t')) {
                indent++;
            } else if (inIndent) {
                inIndent = false;
                if (indent < minIndent) {
                    shallow = true;
                    held.setLength(i);
                }
            }
        }
    }

    private void findStop() {
        int first = Integer.MAX_VALUE;
        for (String stop : stops) {
            int index = held.indexOf(stop);
            if (index >= 0 && index < first) {
                first = index;
                stopped = Optional.of(stop);
            }
        }
        if (stopped.isPresent()) {
            held.setLength(first);
        }
    }

    /** The stop string that appeared, which ends the text. */
    public Optional<String> stopped() {
        return stopped;
    }

    /** True when a line began with too few blanks, which ends the text. */
    public boolean shallowLine() {
        return shallow;
    }

    /** True once the text had a line break. */
    public boolean hasNewline() {
        return newline;
    }

    /** Characters appended so far, sent or held, a stop string and what follows it excluded. */
    public int length() {
        return sent + held.length();
    }

    /** Characters taken so far. */
    public int sent() {
        return sent;
    }

    /** Takes the text that is settled. */
    public String take() {
        return take(stopped.isPresent() ? held.length() : held.length() - possibleStop());
    }

    /** Takes all that is left, at the end of the output; an incomplete character becomes U+FFFD. */
    public String takeRest() {
        if (stopped.isEmpty()) {
            append(new byte[0], true);
        }
        return take(held.length());
    }

    private String take(int count) {
        String text = held.substring(0, count);
        held.delete(0, count);
        sent += count;
        return text;
    }

    /** Length of the longest end of the held text that begins a stop string. */
    private int possibleStop() {
        int longest = 0;
        for (String stop : stops) {
            int most = Math.min(stop.length() - 1, held.length());
            for (int length = most; length > longest; length--) {
                if (heldEndsWith(stop, length)) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    private boolean heldEndsWith(String stop, int length) {
        int start = held.length() - length;
        for (int i = 0; i < length; i++) {
            if (held.charAt(start + i) != stop.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
