package dev.corral.engine.local.media;

import dev.corral.llama.MediaChunks;
import java.util.List;

/**
 * The images and sounds of a prompt, ready to be encoded: also again, should a completion have to leave the cache.
 *
 * <p>Ownership: shared by the completions of a prompt; the last that closes it frees it.
 */
public final class PromptMedia implements AutoCloseable {

    /**
     * One that is computed as a whole.
     *
     * @param chunk its place among the chunks
     * @param begin its place among the prompt's tokens
     */
    public record Run(int chunk, int begin, int length) {
        int end() {
            return begin + length;
        }
    }

    private final MediaChunks chunks;
    private final List<Run> runs;
    private int holders;

    PromptMedia(MediaChunks chunks, List<Run> runs) {
        this.chunks = chunks;
        this.runs = List.copyOf(runs);
    }

    public PromptMedia share() {
        holders++;
        return this;
    }

    public MediaChunks chunks() {
        return chunks;
    }

    /** Where the first run begins that does not begin before a place; the largest number when there is none. */
    public int next(int place) {
        for (Run run : runs) {
            if (run.begin() >= place) {
                return run.begin();
            }
        }
        return Integer.MAX_VALUE;
    }

    /** The run that begins at a place. */
    public Run from(int place) {
        for (Run run : runs) {
            if (run.begin() == place) {
                return run;
            }
        }
        throw new IllegalStateException("no image or sound begins at token " + place);
    }

    @Override
    public void close() {
        if (--holders <= 0) {
            chunks.close();
        }
    }
}
