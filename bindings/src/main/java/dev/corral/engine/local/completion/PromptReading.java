package dev.corral.engine.local.completion;

import dev.corral.engine.local.media.PromptMedia;
import org.jspecify.annotations.Nullable;

/**
 * What there is to a completion's prompt beside its tokens: scores that are computed on the way, images and sounds that are
 * computed as a whole, and the point where others are likely to part from it.
 *
 * <p>Ownership: of the images and sounds. Not thread-safe; the engine thread's.
 */
public final class PromptReading implements AutoCloseable {

    private final int length;
    private final TokenScores scores;
    private final int checkpoint;
    private @Nullable PromptMedia media;

    PromptReading(int length, TokenScores scores) {
        this.length = length;
        this.scores = scores;
        int parting = scores.firstPosition();
        this.checkpoint = parting > 0 ? Math.min(parting, length - 1) : length - 1;
    }

    /** Tokens of the prompt. */
    public int length() {
        return length;
    }

    /** Which of the tokens are to be scored. */
    public TokenScores scores() {
        return scores;
    }

    /** Where others are likely to part from the prompt: at its last token, or where its scoring begins. */
    public int checkpoint() {
        return checkpoint;
    }

    void show(PromptMedia shown) {
        media = shown;
    }

    public boolean hasMedia() {
        return media != null;
    }

    /** The images and sounds. */
    public PromptMedia media() {
        PromptMedia shown = media;
        if (shown == null) {
            throw new IllegalStateException("a prompt without images and sound");
        }
        return shown;
    }

    /** Where the next image or sound begins, from a place on; a large number when there is none. */
    int nextMedia(int place) {
        PromptMedia shown = media;
        return shown == null ? Integer.MAX_VALUE : shown.next(place);
    }

    @Override
    public void close() {
        if (media != null) {
            media.close();
        }
    }
}
