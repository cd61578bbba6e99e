package dev.corral.engine.local;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Opens engines on the real model and collects what they answer. */
public final class EngineFixture {

    private EngineFixture() {}

    public static LocalEngine open() {
        return open(options -> options);
    }

    public static LocalEngine open(UnaryOperator<LocalEngineOptionsBuilder> change) {
        LocalEngineOptionsBuilder options =
                LocalEngineOptions.builder(TestModel.path()).contextSize(8192).slots(4);
        return LocalEngine.open(change.apply(options).build(), progress -> {});
    }

    /** All that one completion said. */
    public record Answer(
            String text,
            List<Integer> tokens,
            List<TokenLogprob> logprobs,
            Event.Finished finished,
            int cachedTokens) {}

    /** Runs a request for one completion to its end. */
    public static Answer run(Engine engine, Generate request) throws InterruptedException {
        return runAll(engine, request).getFirst();
    }

    /** Runs a request to its end; one answer a completion. */
    public static List<Answer> runAll(Engine engine, Generate request) throws InterruptedException {
        try (Generation generation = engine.submit(request)) {
            return collect(generation);
        }
    }

    /** Reads a generation to its end. */
    public static List<Answer> collect(Generation generation) throws InterruptedException {
        Map<Integer, StringBuilder> texts = new TreeMap<>();
        Map<Integer, List<Integer>> tokens = new TreeMap<>();
        Map<Integer, List<TokenLogprob>> logprobs = new TreeMap<>();
        List<Answer> answers = new ArrayList<>();
        while (!generation.ended()) {
            switch (generation.next()) {
                case Event.Delta delta -> {
                    texts.computeIfAbsent(delta.index(), index -> new StringBuilder())
                            .append(delta.text());
                    delta.tokens().stream()
                            .forEach(tokens.computeIfAbsent(delta.index(), index -> new ArrayList<>())::add);
                    logprobs.computeIfAbsent(delta.index(), index -> new ArrayList<>())
                            .addAll(delta.logprobs());
                }
                case Event.Finished finished ->
                    answers.add(new Answer(
                            String.valueOf(texts.getOrDefault(finished.index(), new StringBuilder())),
                            tokens.getOrDefault(finished.index(), List.of()),
                            logprobs.getOrDefault(finished.index(), List.of()),
                            finished,
                            finished.usage().cachedTokens()));
                case Event.Failed failed -> throw new EngineException(failed.error());
                case Event.Queued _, Event.Started _, Event.Progress _, Event.PromptLogprobs _ -> {}
            }
        }
        answers.sort(
                (a, b) -> Integer.compare(a.finished().index(), b.finished().index()));
        return answers;
    }
}
