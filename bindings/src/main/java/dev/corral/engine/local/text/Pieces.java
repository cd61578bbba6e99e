package dev.corral.engine.local.text;

import dev.corral.engine.Generate.Output;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.List;

/** What tokens look like to the reader of an output. Thread-safe. */
public final class Pieces {

    private final Vocabulary vocabulary;

    public Pieces(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
    }

    /** The bytes that a token adds to the text. */
    public byte[] shown(int token, Output output) {
        return vocabulary.piece(token, output.shows(token));
    }

    /** The token's own text as unsigned bytes, control tokens included. */
    public List<Integer> bytes(int token) {
        byte[] piece = vocabulary.piece(token, true);
        List<Integer> unsigned = new ArrayList<>(piece.length);
        for (byte b : piece) {
            unsigned.add(b & 0xff);
        }
        return unsigned;
    }
}
