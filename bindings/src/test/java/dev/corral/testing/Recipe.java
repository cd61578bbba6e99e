package dev.corral.testing;

/**
 * What may differ between two tiny models of one architecture.
 *
 * @param name the file's name without ".gguf", and the model's
 * @param seed of every weight: the same seed gives the same weights, tensor by tensor, whatever else differs
 * @param vocabulary how text becomes tokens
 * @param contextLength the context that the model says it was trained with, in tokens
 * @param matrices how matrices are stored; vectors are always F32, and so are matrices whose rows are not whole blocks
 * @param tied whether the output matrix is the token embedding, where the architecture leaves the choice
 * @param loudBytes whether bytes and control tokens, the end of the text too, are as likely as any token; otherwise a
 *     greedy text has none of them, so it is readable and never ends by itself
 * @param drift how far the weights stray from the seed's, 0 (not at all) to 1 (unrelated)
 */
public record Recipe(
        String name,
        long seed,
        TinyVocabulary vocabulary,
        int contextLength,
        TensorType matrices,
        boolean tied,
        boolean loudBytes,
        float drift) {

    public Recipe {
        if (drift < 0 || drift > 1) {
            throw new IllegalArgumentException("drift " + drift + " is not between 0 and 1");
        }
    }

    /** Seed 1, {@link TinyVocabulary#sentencePiece()}, a context of 512, F32, untied, quiet bytes, no drift. */
    public static Recipe named(String name) {
        return new Recipe(name, 1, TinyVocabulary.sentencePiece(), 512, TensorType.F32, false, false, 0);
    }

    public Recipe withName(String newName) {
        return new Recipe(newName, seed, vocabulary, contextLength, matrices, tied, loudBytes, drift);
    }

    public Recipe withSeed(long newSeed) {
        return new Recipe(name, newSeed, vocabulary, contextLength, matrices, tied, loudBytes, drift);
    }

    public Recipe withVocabulary(TinyVocabulary newVocabulary) {
        return new Recipe(name, seed, newVocabulary, contextLength, matrices, tied, loudBytes, drift);
    }

    public Recipe withContextLength(int tokens) {
        return new Recipe(name, seed, vocabulary, tokens, matrices, tied, loudBytes, drift);
    }

    public Recipe withMatrices(TensorType type) {
        return new Recipe(name, seed, vocabulary, contextLength, type, tied, loudBytes, drift);
    }

    public Recipe withTiedOutput() {
        return new Recipe(name, seed, vocabulary, contextLength, matrices, true, loudBytes, drift);
    }

    public Recipe withLoudBytes() {
        return new Recipe(name, seed, vocabulary, contextLength, matrices, tied, true, drift);
    }

    public Recipe withDrift(float newDrift) {
        return new Recipe(name, seed, vocabulary, contextLength, matrices, tied, loudBytes, newDrift);
    }
}
