package dev.corral.server.worker;

import static dev.corral.server.worker.TinyModel.endless;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Row 21 of the requests that kill llama.cpp: a chat template that loops. */
class TextWatchTest {

    private static final String LOOPS = "{% if messages[0].content == 'loop' %}"
            + "{% for a in range(9999) %}".repeat(4) + "{% endfor %}".repeat(4) + "{% endif %}ended";

    @TempDir
    private Path folder;

    private static ApplyTemplate saying(String content) {
        return ApplyTemplate.of("[{\"role\": \"user\", \"content\": \"" + content + "\"}]");
    }

    private static void awaitDelta(Generation generation) throws InterruptedException {
        while (!(generation.next() instanceof Event.Delta)) {
            assertThat(generation.ended()).isFalse();
        }
    }

    @Test
    @Timeout(120)
    void aTemplateThatLoopsEndsItsWorkerAndNoOther() throws Exception {
        Path model = folder.resolve("looping.gguf");
        TinyModels.llamaFile(Recipe.named("looping"))
                .put("tokenizer.chat_template", LOOPS)
                .write(model);
        WorkerProcess impatient =
                WorkerProcess.start(WorkerMain.class, List.of("-D" + TextWatch.LIMIT_PROPERTY + "=1000"));
        try (WorkerEngine engine = WorkerEngine.open(
                        impatient, TinyModel.options(model).name("looping").build(), _ -> {});
                WorkerEngine living = WorkerEngine.open(
                        TinyModel.options(TinyModels.llama(folder))
                                .name("living")
                                .build(),
                        _ -> {});
                Generation other = living.submit(endless("Somebody else"))) {
            assertThat(engine.ask(saying("end")).prompt()).isEqualTo("ended");
            long pid = engine.pid();
            assertThatExceptionOfType(EngineException.class)
                    .isThrownBy(() -> engine.ask(saying("loop")))
                    .satisfies(e -> assertThat(e.error()).isEqualTo(new EngineError.EngineDied()));
            while (engine.pid() == pid || !engine.ready()) {
                LockSupport.parkNanos(5_000_000);
            }
            assertThat(engine.ask(saying("end")).prompt()).isEqualTo("ended");
            awaitDelta(other);
        }
    }
}
