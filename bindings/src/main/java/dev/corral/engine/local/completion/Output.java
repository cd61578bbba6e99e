package dev.corral.engine.local.completion;

import dev.corral.engine.Event;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import dev.corral.engine.local.text.ChunkStops;
import dev.corral.engine.local.text.TextAssembler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one completion has written and not yet sent. A token is sent together with the text that it began.
 *
 * <p>Not thread-safe; the engine thread's.
 */
public final class Output {

    private final LocalGeneration generation;
    private final int index;
    private final TextAssembler text;
    private final @Nullable ChunkStops chunks;
    private int[] tokens = new int[8];
    private int[] starts = new int[8];
    private int waiting;
    private final List<TokenLogprob> logprobs = new ArrayList<>(0);

    public Output(LocalGeneration generation, int index, TextAssembler text) {
        this(generation, index, text, null);
    }

    /** @param chunks looks for stop strings that are part of the text, or null */
    public Output(LocalGeneration generation, int index, TextAssembler text, @Nullable ChunkStops chunks) {
        this.generation = generation;
        this.index = index;
        this.text = text;
        this.chunks = chunks;
    }

    /** Adds a sampled token and the bytes that it shows. */
    public void add(int token, byte[] piece, @Nullable TokenLogprob logprob) {
        if (waiting == tokens.length) {
            tokens = Arrays.copyOf(tokens, waiting * 2);
            starts = Arrays.copyOf(starts, waiting * 2);
        }
        tokens[waiting] = token;
        starts[waiting] = text.length();
        waiting++;
        if (logprob != null) {
            logprobs.add(logprob);
        }
        text.append(piece);
        if (chunks != null) {
            chunks.add(piece);
        }
    }

    /** The stop string that ended the text. */
    public Optional<String> stopped() {
        return chunks == null ? text.stopped() : chunks.stopped();
    }

    boolean shallowLine() {
        return text.shallowLine();
    }

    boolean hasNewline() {
        return text.hasNewline();
    }

    /** Sends what is settled. */
    void flush() {
        send(text.take(), settled());
    }

    /** Sends all that is left; tokens of a stop string are not part of the output. */
    public void finish() {
        String rest = text.takeRest();
        send(rest, text.stopped().isPresent() || text.shallowLine() ? settled() : waiting);
    }

    private int settled() {
        int count = 0;
        while (count < waiting && starts[count] < text.sent()) {
            count++;
        }
        return count;
    }

    private void send(String settledText, int count) {
        if (settledText.isEmpty() && count == 0) {
            return;
        }
        int probabilities = Math.min(count, logprobs.size());
        List<TokenLogprob> sentLogprobs = logprobs.subList(0, probabilities);
        generation.send(new Event.Delta(index, settledText, Tokens.of(tokens, 0, count), sentLogprobs));
        sentLogprobs.clear();
        waiting -= count;
        System.arraycopy(tokens, count, tokens, 0, waiting);
        System.arraycopy(starts, count, starts, 0, waiting);
    }
}
