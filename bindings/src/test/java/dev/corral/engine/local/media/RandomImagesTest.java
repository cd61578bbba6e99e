package dev.corral.engine.local.media;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.engine.local.media.ImagesTest.Kind;
import dev.corral.testing.TinyImages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Seeded work with pictures, in a cache that is too small: invariants hold, and each text is what its request says alone. */
class RandomImagesTest {

    private static final String[] PIECES = {"the cat sat ", "on the mat and ", "the dog ran ", "to the red house "};
    private static final int ROUNDS = 12;

    private record Asked(Generate request, Generation generation, boolean cancelled) {}

    @ParameterizedTest
    @EnumSource
    void picturesAmongOtherWork(Kind kind, @TempDir Path folder, @TempDir Path other) throws Exception {
        long seed = 20_250 + kind.ordinal();
        Random random = new Random(seed);
        Map<Prompt, String> expected = new HashMap<>();
        try (LocalEngine engine =
                        kind.open(folder, options -> options.contextSize(768).slots(3));
                LocalEngine reference = kind.open(other, options -> options)) {
            for (int round = 0; round < ROUNDS; round++) {
                List<Asked> asked = new ArrayList<>();
                for (int i = random.nextInt(5); i >= 0; i--) {
                    Generate request = request(random);
                    boolean cancelled = random.nextInt(6) == 0;
                    Generation generation = engine.submit(request);
                    if (cancelled) {
                        generation.cancel();
                    }
                    asked.add(new Asked(request, generation, cancelled));
                }
                for (Asked one : asked) {
                    List<EngineFixture.Answer> answers = EngineFixture.collect(one.generation());
                    Generate request = one.request();
                    if (!one.cancelled()) {
                        String text = expected.computeIfAbsent(request.prompt(), _ -> alone(reference, request));
                        assertThat(answers)
                                .as("seed %d, round %d", seed, round)
                                .allSatisfy(answer -> assertThat(answer.text()).isEqualTo(text));
                    }
                    one.generation().close();
                }
                engine.checkInvariants();
            }
            assertThat(engine.stats().mediaEncoded()).isPositive();
            assertThat(engine.stats().promptTokensReused()).isPositive();
        }
    }

    private static String alone(LocalEngine reference, Generate request) {
        try {
            return TinyEngines.alone(reference, request.completions(1));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Generate request(Random random) {
        List<Prompt> parts = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            parts.add(
                    random.nextInt(2) == 0
                            ? new Prompt.Media(MediaFile.of("image", TinyImages.png(random.nextInt(3))))
                            : Prompt.text(PIECES[random.nextInt(PIECES.length)]));
        }
        parts.add(Prompt.text(PIECES[random.nextInt(PIECES.length)]));
        return Generate.of(new Prompt.Parts(parts))
                .with(Sampling.builder().temperature(0).ignoreEos(true).build())
                .with(Limits.tokens(24))
                .with(random.nextInt(5) == 0 ? Generate.Cache.FRESH : Generate.Cache.REUSE)
                .completions(1 + random.nextInt(2));
    }
}
