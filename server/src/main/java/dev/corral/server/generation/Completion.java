package dev.corral.server.generation;

import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Timings;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import dev.corral.engine.Usage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One completion as far as it has come: what {@link Event}s have told of it.
 *
 * <p>Used by the request's thread only.
 */
public final class Completion {

    private static final Usage NOTHING = new Usage(0, 0, 0, false);

    private final StringBuilder text = new StringBuilder();
    private final List<TokenLogprob> logprobs = new ArrayList<>();
    private int[] kept = new int[16];
    private int keptCount;
    private int tokenCount;
    private boolean newLine;
    private FinishReason reason = FinishReason.CANCELLED;
    private Optional<String> stoppingWord = Optional.empty();
    private Usage usage = NOTHING;
    private Timings timings = new Timings(0, 0, 0);

    /** Adds what a delta brings; with {@code keep}, the text, tokens and logprobs themselves, too. */
    public void add(Event.Delta delta, boolean keep) {
        newLine |= delta.text().indexOf('\n') >= 0;
        tokenCount += delta.tokens().size();
        if (keep) {
            text.append(delta.text());
            logprobs.addAll(delta.logprobs());
            delta.tokens().stream().forEach(this::keep);
        }
    }

    public void finish(Event.Finished finished) {
        reason = finished.reason();
        stoppingWord = finished.stoppingWord();
        usage = finished.usage();
        timings = finished.timings();
    }

    public String text() {
        return text.toString();
    }

    public Tokens tokens() {
        return Tokens.of(kept, 0, keptCount);
    }

    /** How many tokens the deltas so far had. */
    public int tokenCount() {
        return tokenCount;
    }

    public List<TokenLogprob> logprobs() {
        return List.copyOf(logprobs);
    }

    /** Whether the text has a line break. */
    public boolean hasNewLine() {
        return newLine;
    }

    public FinishReason reason() {
        return reason;
    }

    public Optional<String> stoppingWord() {
        return stoppingWord;
    }

    public Usage usage() {
        return usage;
    }

    public Timings timings() {
        return timings;
    }

    private void keep(int token) {
        if (keptCount == kept.length) {
            kept = Arrays.copyOf(kept, keptCount * 2);
        }
        kept[keptCount++] = token;
    }
}
