package dev.corral.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import dev.corral.engine.Tokens;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A text that is continued by one request after the other, each with all tokens so far for its prompt. */
class TurnsTest {

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() {
        model = TinyModels.llama(folder);
    }

    private record Turn(List<Integer> tokens, Event.Finished finished) {}

    private static Turn run(LocalEngine engine, List<Integer> tokens, int count, List<String> stop, int chunk)
            throws InterruptedException {
        int[] ids = tokens.stream().mapToInt(Integer::intValue).toArray();
        Generate request = Generate.of(Prompt.tokens(ids))
                .with(Sampling.greedySampling())
                .with(Limits.tokens(count))
                .with(Speculation.OFF)
                .with(Generate.Output.chunks(chunk))
                .stopAt(stop);
        List<Integer> all = new ArrayList<>(tokens);
        try (Generation generation = engine.submit(request)) {
            while (true) {
                switch (generation.next()) {
                    case Event.Delta delta -> delta.tokens().stream().forEach(all::add);
                    case Event.Finished finished -> {
                        return new Turn(all, finished);
                    }
                    case Event.Failed failed -> throw new AssertionError(failed);
                    default -> {}
                }
            }
        }
    }

    /** What the engine has counted when its last step is over. */
    private static EngineStats settled(LocalEngine engine) throws InterruptedException {
        engine.checkInvariants();
        return engine.stats();
    }

    private static List<Integer> prompt(int length, int seed) {
        return IntStream.range(0, length)
                .mapToObj(i -> 5 + (i * 7 + seed * 31) % 40)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNextTokenCostsOneDecodeOfOneToken(boolean unified) throws Exception {
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(2).unifiedCache(unified))) {
            List<Integer> text = run(engine, prompt(40, 1), 1, List.of(), 1).tokens();
            for (int i = 0; i < 20; i++) {
                EngineStats before = settled(engine);
                text = run(engine, text, 1, List.of(), 1).tokens();
                EngineStats after = settled(engine);
                assertThat(after.steps() - before.steps()).as("steps").isEqualTo(1);
                assertThat(after.promptTokensEvaluated() - before.promptTokensEvaluated())
                        .as("tokens")
                        .isEqualTo(1);
            }
            engine.checkInvariants();
        }
    }

    @Test
    void moreTextsThanSlotsTakeTurnsWithoutReadingAgain() throws Exception {
        try (LocalEngine engine = TinyEngines.open(model, options -> options.slots(2))) {
            List<List<Integer>> texts = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                texts.add(run(engine, prompt(40, i), 1, List.of(), 1).tokens());
            }
            long before = settled(engine).promptTokensEvaluated();
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < texts.size(); i++) {
                    texts.set(i, run(engine, texts.get(i), 1, List.of(), 1).tokens());
                }
            }
            assertThat(settled(engine).promptTokensEvaluated() - before).isEqualTo(3 * 12);
            assertThat(settled(engine).cache().statesRestored()).isPositive();
            engine.checkInvariants();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatIsVacatedLeavesNoCellsAndComesBack(boolean unified) throws Exception {
        try (LocalEngine engine =
                TinyEngines.open(model, options -> options.slots(2).unifiedCache(unified))) {
            List<Integer> text = run(engine, prompt(40, 1), 4, List.of(), 1).tokens();
            assertThat(settled(engine).usedCells()).isEqualTo(43);
            Tokens tokens = Tokens.of(text.stream().mapToInt(Integer::intValue).toArray());
            assertThat(engine.ask(new Query.Vacate(tokens, Optional.empty(), "other"))
                            .sequences())
                    .isZero();
            assertThat(engine.ask(new Query.Vacate(tokens, Optional.empty(), ""))
                            .sequences())
                    .isEqualTo(1);
            engine.checkInvariants();
            assertThat(settled(engine).usedCells()).isZero();
            long before = settled(engine).promptTokensEvaluated();
            run(engine, text, 1, List.of(), 1);
            assertThat(settled(engine).promptTokensEvaluated() - before).isEqualTo(1);
        }
    }

    @Test
    void aStopStringEndsTheTextAndIsPartOfIt() throws Exception {
        try (LocalEngine engine = TinyEngines.open(model, options -> options)) {
            List<Integer> start = prompt(20, 3);
            Turn free = run(engine, start, 12, List.of(), 1);
            List<Integer> said =
                    free.tokens().subList(start.size(), free.tokens().size());
            String third = engine.ask(new Query.Detokenize(Tokens.of(said.get(2)), true))
                    .text();
            Turn stopped = run(engine, start, 12, List.of(third), 1);
            int first = said.indexOf(said.get(2));
            assertThat(stopped.finished().reason()).isEqualTo(FinishReason.STOP_STRING);
            assertThat(stopped.tokens()).isEqualTo(free.tokens().subList(0, start.size() + first + 1));
        }
    }
}
