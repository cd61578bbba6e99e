package dev.corral.engine.local.media;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.llama.LlamaException;
import dev.corral.llama.Media;
import dev.corral.llama.MediaChunks;
import dev.corral.llama.Projector;
import dev.corral.llama.Projector.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Prompts with images and sound as tokens. Thread-safe; runs on a text thread. */
public final class MediaPrompts {

    /** For models that neither see nor hear. */
    public static final MediaPrompts NONE = new MediaPrompts(null, "", 0, 0);

    private final @Nullable Projector projector;
    private final String identity;
    private final int microBatchSize;
    private final int vocabularySize;

    /**
     * @param projector null where the model neither sees nor hears
     * @param identity of the projector: equal ones make equal embeddings
     * @param microBatchSize the most tokens that are computed at once
     * @param vocabularySize how many tokens there are
     */
    public MediaPrompts(@Nullable Projector projector, String identity, int microBatchSize, int vocabularySize) {
        this.projector = projector;
        this.identity = identity;
        this.microBatchSize = microBatchSize;
        this.vocabularySize = vocabularySize;
    }

    /** @throws EngineException when it can't be taken */
    public PreparedPrompt read(Prompt prompt) {
        Projector open = projector;
        if (open == null) {
            throw new EngineException(
                    new EngineError.Unsupported("this model has no projector: it takes neither images nor sound"));
        }
        List<Prompt> parts = prompt instanceof Prompt.Parts(List<Prompt> several) ? several : List.of(prompt);
        List<Media> media = new ArrayList<>();
        try {
            List<Part> shown = new ArrayList<>();
            boolean addSpecial = true;
            for (Prompt part : parts) {
                switch (part) {
                    case Prompt.Text(String text, boolean special, boolean parseSpecial) -> {
                        addSpecial &= special || !shown.isEmpty();
                        if (!text.isEmpty()) {
                            shown.add(new Part.Text(text, parseSpecial));
                        }
                    }
                    case Prompt.Media(MediaFile file) -> {
                        Media read = read(open, file);
                        media.add(read);
                        shown.add(new Part.Shown(read));
                    }
                    case Prompt.Ids _, Prompt.Parts _ -> throw new IllegalArgumentException("no part beside media");
                }
            }
            return tokens(open.tokenize(shown, addSpecial), open);
        } catch (LlamaException e) {
            throw refused(e);
        } finally {
            media.forEach(Media::close);
        }
    }

    private static Media read(Projector projector, MediaFile file) {
        if (file.isImage() ? !projector.sees() : !projector.hears()) {
            throw new EngineException(
                    new EngineError.Unsupported("this model takes no " + (file.isImage() ? "images" : "sound")));
        }
        file.checkContents("prompt");
        return projector.read(file.toBytes());
    }

    private static EngineException refused(LlamaException cause) {
        return switch (cause.code()) {
            case INVALID_ARGUMENT ->
                new InvalidRequestException(
                        "prompt", "one that can't be read", "must have images and sound that can be decoded");
            case OUT_OF_MEMORY ->
                new EngineException(
                        new EngineError.Unsupported("there is no memory for an image or sound of this size"));
            default -> throw cause;
        };
    }

    private PreparedPrompt tokens(MediaChunks chunks, Projector open) {
        try {
            IntStream.Builder tokens = IntStream.builder();
            List<PromptMedia.Run> runs = new ArrayList<>();
            int length = 0;
            for (int i = 0; i < chunks.size(); i++) {
                boolean text = chunks.isText(i);
                int[] some = text ? text(chunks, i) : run(chunks, i, runs.size(), open);
                if (!text) {
                    runs.add(new PromptMedia.Run(i, length, some.length));
                }
                IntStream.of(some).forEach(tokens);
                length += some.length;
            }
            if (!runs.isEmpty() && runs.getLast().end() == length) {
                throw new InvalidRequestException(
                        "prompt", "one that ends with an image or sound", "must have text behind its images and sound");
            }
            return new PreparedPrompt(tokens.build().toArray(), new PromptMedia(chunks, runs));
        } catch (RuntimeException e) {
            chunks.close();
            throw e;
        }
    }

    /** Around images there are tokens that the projector looks up by name, and uses without having found them. */
    private int[] text(MediaChunks chunks, int index) {
        int[] tokens = chunks.tokens(index);
        if (IntStream.of(tokens).anyMatch(token -> token < 0 || token >= vocabularySize)) {
            throw new EngineException(
                    new EngineError.Unsupported("the projector is for a model with other tokens than this one"));
        }
        return tokens;
    }

    private int[] run(MediaChunks chunks, int index, int nth, Projector open) {
        int length = chunks.length(index);
        if (open.attendsAhead(chunks, index) && length > microBatchSize) {
            throw new EngineException(new EngineError.Unsupported(
                    "an image of " + length + " tokens is computed at once, but --ubatch-size is " + microBatchSize));
        }
        String origin = identity + '|' + chunks.digest(index) + '|' + nth + '|' + chunks.isSound(index);
        return MediaTokens.run(origin, length, chunks.positions(index));
    }
}
