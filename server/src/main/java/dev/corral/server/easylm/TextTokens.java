package dev.corral.server.easylm;

import dev.corral.engine.Engine;
import dev.corral.engine.ModelInfo.VocabularyInfo;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** The tokens of one request's texts, each text asked for once. Used by one thread. */
final class TextTokens {

    private final Engine engine;
    private final boolean addBos;
    private final Map<String, int[]> known = new HashMap<>();

    /** @param addBos whether prompts begin with the model's BOS token */
    TextTokens(Engine engine, boolean addBos) {
        this.engine = engine;
        this.addBos = addBos;
    }

    /** A text's own tokens; names of control tokens in it are those tokens. */
    int[] of(String text) throws InterruptedException {
        int[] tokens = known.get(text);
        if (tokens == null) {
            tokens = text.isEmpty()
                    ? new int[0]
                    : engine.ask(new Query.Tokenize(text, false, true, false))
                            .tokens()
                            .toArray();
            known.put(text, tokens);
        }
        return tokens;
    }

    /** A text's last tokens, at most so many, behind the model's BOS token. */
    Tokens prompt(String text, int most) throws InterruptedException {
        return prompt(of(text), most);
    }

    Tokens prompt(int[] tokens, int most) throws InterruptedException {
        int[] kept =
                IntStream.of(tokens).skip(Math.max(0, tokens.length - most)).toArray();
        int[] bos = addBos ? beginning() : new int[0];
        return Tokens.of(IntStream.concat(IntStream.of(bos), IntStream.of(kept)).toArray());
    }

    /** A text's first tokens, at most so many. */
    Tokens first(String text, int most) throws InterruptedException {
        int[] tokens = of(text);
        return Tokens.of(tokens, 0, Math.min(most, tokens.length));
    }

    private int[] beginning() throws InterruptedException {
        VocabularyInfo vocabulary = engine.model().vocabulary();
        return of(vocabulary.bos().isEmpty() ? vocabulary.eos() : vocabulary.bos());
    }
}
