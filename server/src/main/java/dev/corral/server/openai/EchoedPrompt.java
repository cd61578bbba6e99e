package dev.corral.server.openai;

import dev.corral.engine.Engine;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.TokenLogprob;
import java.util.List;

/**
 * A prompt as an answer shows it.
 *
 * @param text what the client sent, or what its tokens mean
 */
record EchoedPrompt(String text) {

    static EchoedPrompt of(Engine engine, Prompt prompt) throws InterruptedException {
        return new EchoedPrompt(
                switch (prompt) {
                    case Prompt.Text sent -> sent.text();
                    case Prompt.Ids ids ->
                        engine.ask(new Query.Detokenize(ids.tokens(), true)).text();
                    case Prompt.Media _, Prompt.Parts _ ->
                        throw new IllegalArgumentException("a prompt of several parts");
                });
    }

    /** The tokens that show the text: all but a BOS that was put before a text and is no part of it. */
    List<TokenLogprob> shown(Engine engine, Prompt prompt, List<TokenLogprob> tokens) {
        String bos = engine.model().vocabulary().bos();
        boolean hidden = prompt instanceof Prompt.Text
                && tokens.size() > 1
                && !bos.isEmpty()
                && !text.startsWith(bos)
                && textOf(tokens.getFirst()).equals(bos);
        return hidden ? tokens.subList(1, tokens.size()) : tokens;
    }

    /** Where the first token begins: before the text where a tokenizer has put a space before it. */
    int start(List<TokenLogprob> tokens) {
        return !text.isEmpty()
                        && !text.startsWith(" ")
                        && !tokens.isEmpty()
                        && textOf(tokens.getFirst()).startsWith(" ")
                ? -1
                : 0;
    }

    private static String textOf(TokenLogprob token) {
        return new String(TextLogprobs.bytes(token), java.nio.charset.StandardCharsets.UTF_8);
    }
}
