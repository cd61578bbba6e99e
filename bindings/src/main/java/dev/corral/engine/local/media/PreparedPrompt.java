package dev.corral.engine.local.media;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A prompt as tokens.
 *
 * @param tokens its tokens, {@link MediaTokens} where there is an image or sound
 * @param media those images and sounds, or null
 */
public record PreparedPrompt(int[] tokens, @Nullable PromptMedia media) {

    /** The tokens of its text alone. */
    public int[] text() {
        return media == null
                ? tokens
                : Arrays.stream(tokens)
                        .filter(token -> !MediaTokens.isMedia(token))
                        .toArray();
    }
}
