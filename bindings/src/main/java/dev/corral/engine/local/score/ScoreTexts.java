package dev.corral.engine.local.score;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.local.completion.Completion;
import dev.corral.engine.local.completion.LocalGeneration;
import dev.corral.engine.local.completion.Output;
import dev.corral.engine.local.completion.TokenScores;
import dev.corral.engine.local.text.PromptTokens;
import dev.corral.engine.local.text.TextAssembler;
import dev.corral.llama.SamplerChain;
import dev.corral.llama.Vocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Turns questions for scores into texts to score, and these into completions. Thread-safe. */
final class ScoreTexts {

    private final Vocabulary vocabulary;
    private final PromptTokens tokens;
    private final int contextSize;

    /** @param contextSize tokens that one sequence holds */
    ScoreTexts(Vocabulary vocabulary, int contextSize) {
        this.vocabulary = vocabulary;
        this.tokens = new PromptTokens(vocabulary);
        this.contextSize = contextSize;
    }

    /** A completion that scores and generates nothing. */
    Completion completion(LocalGeneration generation, ScorePlan.Run run) {
        return new Completion(
                generation,
                0,
                run.tokens(),
                SamplerChain.builder(vocabulary).greedy().build(),
                null,
                new Output(generation, 0, new TextAssembler(List.of(), 0)),
                new TokenScores(run.targets(), 0, false, _ -> {}),
                null);
    }

    /** @throws EngineException when an item can't be scored */
    ScorePlan plan(Query.Score query) {
        List<ScorePlan.Text> texts = new ArrayList<>();
        for (Query.Score.Item item : query.items()) {
            int[] context = tokens.of("prompt", item.context());
            int[] before = context.length > 0 ? context : new int[] {beginning()};
            for (Prompt continuation : item.continuations()) {
                int[] after = tokens.of("prompt", continuation);
                int[] all = Arrays.copyOf(before, before.length + after.length);
                System.arraycopy(after, 0, all, before.length, after.length);
                if (all.length - 1 > contextSize) {
                    throw new EngineException(new EngineError.ContextExceeded(all.length - 1, contextSize));
                }
                texts.add(new ScorePlan.Text(all, before.length));
            }
        }
        return ScorePlan.of(texts);
    }

    /** Windows over texts, in their order; each text's are neighbours. */
    List<List<ScorePlan.Text>> windows(Query.ScoreRolling query) {
        int window = query.window() == 0 ? contextSize : query.window();
        if (window > contextSize) {
            throw new InvalidRequestException(
                    "window", Integer.toString(window), "must be at most " + contextSize + ", the context's size");
        }
        return query.texts().stream()
                .map(text -> RollingWindows.of(beginning(), tokens.of("prompt", text), window))
                .toList();
    }

    /** What stands before a text that nothing precedes. */
    private int beginning() {
        return vocabulary
                .bos()
                .orElseGet(() -> vocabulary
                        .eos()
                        .orElseThrow(() -> new InvalidRequestException(
                                "context", "empty", "must have tokens, since this model has none to begin with")));
    }
}
