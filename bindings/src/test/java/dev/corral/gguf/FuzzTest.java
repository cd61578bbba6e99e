package dev.corral.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.testing.Recipe;
import dev.corral.testing.TensorType;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyVocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is changed in a file, the check finds it or llama.cpp survives it. {@code -Dcorral.fuzz.mutants} says how many
 * of each file, {@code -Dcorral.fuzz.seed} where they begin; {@code -Dcorral.fuzz.checked=false} shows what the check is for.
 */
class FuzzTest {

    private static final long MUTANTS = Long.getLong("corral.fuzz.mutants", 150);
    private static final long SEED = Long.getLong("corral.fuzz.seed", 1);
    private static final boolean CHECKED = !"false".equals(System.getProperty("corral.fuzz.checked"));

    private record Subject(Path file, @Nullable Path base) {}

    @TempDir
    Path folder;

    @Test
    @Timeout(3600)
    void whatTheCheckLetsPassDoesNotEndTheProcess() throws Exception {
        List<String> deaths = new ArrayList<>();
        List<String> reports = new ArrayList<>();
        for (Subject subject : subjects()) {
            Fuzz fuzz = new Fuzz(subject.file, subject.base, CHECKED);
            fuzz.run(SEED, MUTANTS);
            deaths.addAll(fuzz.deaths());
            reports.add(fuzz.toString());
        }
        System.out.println(String.join("\n", reports));
        assertThat(deaths).isEmpty();
    }

    private List<Subject> subjects() {
        Path llama = TinyModels.llama(folder, Recipe.named("tiny-llama").withMatrices(TensorType.Q8_0));
        List<Subject> subjects = new ArrayList<>();
        for (Path model : List.of(
                llama,
                TinyModels.llama(folder, Recipe.named("tiny-pairs").withVocabulary(TinyVocabulary.bytePair("gpt-4o"))),
                TinyExperts.write(folder),
                TinyModels.slidingWindow(folder),
                TinyModels.multiAxis(folder),
                TinyModels.latentAttention(folder),
                TinyModels.mamba(folder),
                TinyModels.hybrid(folder),
                TinyModels.convolution(folder),
                TinyModels.bert(folder),
                TinyModels.reranker(folder))) {
            subjects.add(new Subject(model, null));
        }
        subjects.add(new Subject(TinyModels.lora(folder), llama));
        return subjects;
    }
}
