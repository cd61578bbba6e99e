package dev.corral.engine.local.embedding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineError;
import dev.corral.engine.Pooling;
import dev.corral.engine.local.model.ContextFit;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.llama.Context;
import dev.corral.llama.Model;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddingLaneTest {

    @TempDir
    Path folder;

    private static final class Question {
        private final CompletableFuture<List<List<float[]>>> result = new CompletableFuture<>();
        private final EmbeddingJob job;

        Question(int... lengths) {
            List<int[]> inputs = IntStream.of(lengths)
                    .mapToObj(length ->
                            IntStream.range(0, length).map(i -> 100 + i % 50).toArray())
                    .toList();
            job = new EmbeddingJob(inputs, Pooling.MEAN, result);
        }
    }

    private interface Work {
        void with(EmbeddingLane lane) throws Exception;
    }

    private void onLane(Path file, int contextSize, Work work) throws Exception {
        LocalEngineOptions options = LocalEngineOptions.builder(file)
                .contextSize(contextSize)
                .slots(1)
                .threads(1)
                .build();
        try (Model model = Model.open(file);
                Context context = model.newContext(new ContextFit(options, model)
                        .computing()
                        .contextSize(contextSize)
                        .build())) {
            EmbeddingTraits traits = context.memory().exists() && context.isCausal()
                    ? EmbeddingTraits.ofDecoder(model, options, context.sequenceContextSize())
                    : EmbeddingTraits.ofEncoder(model, options);
            try (EmbeddingLane lane = new EmbeddingLane(
                    EmbeddingContext.onDemand(model, new ContextFit(options, model), traits, false),
                    traits,
                    false,
                    64)) {
                work.with(lane);
                lane.checkInvariants();
            }
        }
    }

    private static List<Integer> steps(EmbeddingLane lane, int budget) {
        List<Integer> steps = new ArrayList<>();
        while (!lane.isIdle()) {
            steps.add(lane.step(budget));
            lane.checkInvariants();
        }
        return steps;
    }

    @Test
    void aStepStaysWithinItsBudget() throws Exception {
        onLane(TinyModels.llama(folder), 2048, lane -> {
            Question question = new Question(5, 70, 1, 16, 33);
            lane.add(question.job);
            assertThat(steps(lane, 16)).containsExactly(16, 16, 16, 16, 16, 16, 16, 13);
            assertThat(question.result).isCompleted();
        });
    }

    @Test
    void anInputThatCannotBeCutIsAStepOfItsOwn() throws Exception {
        onLane(TinyModels.bert(folder), 512, lane -> {
            lane.add(new Question(5, 70, 1, 10, 33).job);
            assertThat(steps(lane, 16)).containsExactly(5, 70, 11, 33);
        });
    }

    @Test
    void questionsTakeTurns() throws Exception {
        onLane(TinyModels.llama(folder), 2048, lane -> {
            Question large =
                    new Question(IntStream.generate(() -> 16).limit(200).toArray());
            Question small = new Question(16);
            lane.add(large.job);
            lane.add(small.job);
            lane.step(16);
            lane.step(16);
            assertThat(small.result).isCompleted();
            assertThat(large.result).isNotDone();
            assertThat(lane.unfinished()).isEqualTo(199);
        });
    }

    @Test
    void aLongerInputGetsMoreRoom() throws Exception {
        onLane(TinyModels.llama(folder), 2048, lane -> {
            Question question = new Question(10, 600, 20, 2048);
            lane.add(question.job);
            assertThat(steps(lane, 512).stream().mapToInt(step -> step).sum()).isEqualTo(2678);
            assertThat(question.result).isCompleted();
        });
    }

    @Test
    void whatNobodyWaitsForLeaves() throws Exception {
        onLane(TinyModels.llama(folder), 2048, lane -> {
            Question left = new Question(100, 100);
            Question stays = new Question(100);
            lane.add(left.job);
            lane.add(stays.job);
            lane.step(16);
            left.result.cancel(false);
            lane.sweep();
            lane.checkInvariants();
            assertThat(lane.unfinished()).isOne();
            assertThat(steps(lane, 16).stream().mapToInt(step -> step).sum()).isEqualTo(100);
            assertThat(stays.result).isCompleted();
        });
    }

    @Test
    void aFailureEndsTheBatchOnly() throws Exception {
        onLane(TinyModels.llama(folder), 2048, lane -> {
            Question broken = new Question(20);
            EmbeddingJob impossible =
                    new EmbeddingJob(List.of(new int[] {1, Integer.MAX_VALUE}), Pooling.MEAN, broken.result);
            Question next = new Question(20);
            lane.add(impossible);
            try {
                lane.step(2);
            } catch (RuntimeException e) {
                lane.failBatch(new EngineError.Internal(Arrays.toString(e.getStackTrace())));
            }
            assertThat(broken.result).isCompletedExceptionally();
            lane.add(next.job);
            steps(lane, 16);
            assertThat(next.result).isCompleted();
        });
    }
}
