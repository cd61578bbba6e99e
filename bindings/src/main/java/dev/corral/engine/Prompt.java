package dev.corral.engine;

import java.util.List;

/** What to continue. */
public sealed interface Prompt {

    /**
     * Text to tokenize.
     *
     * @param addSpecial begin with the model's BOS token (and end with EOS) where the model asks for it
     * @param parseSpecial read the names of control tokens in the text as those tokens
     */
    record Text(String text, boolean addSpecial, boolean parseSpecial) implements Prompt {}

    /** Tokens, taken as they are. */
    record Ids(Tokens tokens) implements Prompt {}

    /**
     * Texts and tokens, or texts and media, one after the other. Special tokens are added to the first part if it is a
     * text; with media, if the first text asks for them.
     */
    record Parts(List<Prompt> parts) implements Prompt {

        /** The most images and sounds in one prompt. */
        public static final int MAX_MEDIA = 128;

        public Parts {
            parts = List.copyOf(parts);
            if (parts.stream().anyMatch(Parts.class::isInstance)) {
                throw new InvalidRequestException("prompt", "parts within parts", "must be text or tokens");
            }
            long media = parts.stream().filter(Media.class::isInstance).count();
            if (media > MAX_MEDIA) {
                throw new InvalidRequestException(
                        "prompt", media + " images and sounds", "must have at most " + MAX_MEDIA);
            }
            if (media > 0 && parts.stream().anyMatch(Ids.class::isInstance)) {
                throw new InvalidRequestException(
                        "prompt", "tokens beside images or sound", "must have texts beside images and sound");
            }
        }
    }

    /** An image or sound, for an engine that can {@link Capability#SEE} or {@link Capability#HEAR}. */
    record Media(MediaFile file) implements Prompt {}

    /** Whether there is an image or a sound in it. */
    default boolean hasMedia() {
        return this instanceof Media
                || (this instanceof Parts all && all.parts().stream().anyMatch(Media.class::isInstance));
    }

    /** Text as a prompt is normally written: with the model's BOS token, control tokens read as such. */
    static Prompt text(String text) {
        return new Text(text, true, true);
    }

    static Prompt tokens(int... ids) {
        return new Ids(Tokens.of(ids));
    }
}
