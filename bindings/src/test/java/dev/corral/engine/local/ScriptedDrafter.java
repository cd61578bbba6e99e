package dev.corral.engine.local;

import dev.corral.engine.Generate;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.speculation.Drafter;
import dev.corral.engine.local.speculation.Lookahead;
import dev.corral.engine.local.speculation.Lookaheads;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Drafts of known quality: what the model will say, something else, or one or the other. */
final class ScriptedDrafter implements Drafter {

    private final int promptLength;
    private final int[] text;
    private final int vocabularySize;
    private final double right;
    private final Random random;

    /**
     * @param text the tokens that the model will generate
     * @param right how likely each drafted token is the right one
     */
    private ScriptedDrafter(int promptLength, int[] text, int vocabularySize, double right, long seed) {
        this.promptLength = promptLength;
        this.text = text;
        this.vocabularySize = vocabularySize;
        this.right = right;
        this.random = new Random(seed);
    }

    /** Makes every completion draft so, whether it pays or not. */
    static Lookaheads of(int[] text, int vocabularySize, double right, long seed) {
        return (request, prompt) -> Optional.of(new Lookahead(
                request.speculation(), new ScriptedDrafter(prompt.length, text, vocabularySize, right, seed)));
    }

    static UnaryOperator<Generate> always(int most) {
        return request -> request.with(
                Speculation.OFF.with(new Speculation.Lookup(1, most)).adaptive(false));
    }

    @Override
    public int evidence(int[] tokens, int length) {
        return 32;
    }

    @Override
    public int draft(int[] tokens, int length, int most) {
        int count = 0;
        for (int at = length - promptLength; count < most && at < text.length; at++) {
            boolean hit = random.nextDouble() < right;
            tokens[length + count++] = hit ? text[at] : (text[at] + 1 + random.nextInt(7)) % vocabularySize;
        }
        return count;
    }

    @Override
    public void reset() {
        // positions are counted from the prompt
    }
}
