package dev.corral.engine.local;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A prompt as tokens.
 *
 * @param tokens its tokens, {@link MediaTokens} where there is an image or sound
 * @param media those images and sounds, or null
 */
record PreparedPrompt(int[] tokens, @Nullable PromptMedia media) {

    /** The tokens of its text alone. */
    int[] text() {
        return media == null
                ? tokens
                : Arrays.stream(tokens)
                        .filter(token -> !MediaTokens.isMedia(token))
                        .toArray();
    }
}
