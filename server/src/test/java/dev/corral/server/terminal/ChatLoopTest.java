package dev.corral.server.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.server.FakeEngine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatLoopTest {

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private Dialogue chat(Engine engine, String... lines) throws InterruptedException {
        return chat(
                engine,
                new PipedLines(new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8))));
    }

    private Dialogue chat(Engine engine, Lines lines) throws InterruptedException {
        Dialogue dialogue = new Dialogue(engine, Sampling.defaults(), Limits.none());
        new ChatLoop(dialogue, lines, new PrintStream(out), new PrintStream(err)).run();
        return dialogue;
    }

    private String output() {
        return out.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    }

    private String remarks() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void answersEachLineWithAllThatWasSaidBefore() throws Exception {
        FakeEngine engine = FakeEngine.saying("Hel", "lo");
        Dialogue dialogue = chat(engine, "one", "", "two \\", "lines");
        assertThat(output()).isEqualTo("Hello\nHello\n");
        assertThat(dialogue.toJson())
                .isEqualTo("[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"assistant\",\"content\":\"Hello\"},"
                        + "{\"role\":\"user\",\"content\":\"two \\nlines\"},"
                        + "{\"role\":\"assistant\",\"content\":\"Hello\"}]");
        engine.next();
        assertThat(engine.next().request().prompt())
                .isInstanceOfSatisfying(
                        Prompt.Text.class, prompt -> assertThat(prompt.text()).contains("one", "Hello", "two"));
    }

    @Test
    void obeysCommands() throws Exception {
        Path saved = folder.resolve("said.json");
        Dialogue dialogue = chat(
                FakeEngine.saying("Yes"),
                "/system Be brief",
                "one",
                "two",
                "/undo",
                "/temp 0.25",
                "/temp hot",
                "/temp 1e9",
                "/stats",
                "/save " + saved,
                "/save " + folder.resolve("none/x.json"),
                "/nonsense",
                "/help",
                "/exit",
                "never");
        assertThat(dialogue.toJson())
                .isEqualTo("[{\"role\":\"system\",\"content\":\"Be brief\"},{\"role\":\"user\",\"content\":\"one\"},"
                        + "{\"role\":\"assistant\",\"content\":\"Yes\"}]");
        assertThat(Files.readString(saved).strip()).isEqualTo(dialogue.toJson());
        assertThat(dialogue.sampling().temperature()).isEqualTo(0.25);
        assertThat(remarks())
                .contains("Taken back: two")
                .contains("/temp wants a number")
                .contains("'temperature' must be")
                .contains("answer: 1 tokens")
                .contains("can't be written")
                .contains("There is no command /nonsense")
                .contains("/retry");
        assertThat(output()).isEqualTo("Yes\nYes\n");
    }

    @Test
    void asksAgainAndForgets() throws Exception {
        FakeEngine engine = FakeEngine.saying("Yes");
        assertThat(chat(engine, "/retry", "/undo", "one", "/retry").toJson())
                .isEqualTo("[{\"role\":\"user\",\"content\":\"one\"},{\"role\":\"assistant\",\"content\":\"Yes\"}]");
        assertThat(output()).isEqualTo("Yes\nYes\n");
        assertThat(chat(engine, "one", "/clear").toJson()).isEqualTo("[]");
    }

    @Test
    void aFailureEndsNothing() throws Exception {
        Dialogue dialogue = chat(FakeEngine.failing(new EngineError.Unsupported("there is no template")), "one", "two");
        assertThat(remarks()).contains("No answer: there is no template");
        assertThat(dialogue.toJson()).isEqualTo("[]");
    }

    /** The person lets go of an answer when it has begun. */
    private static final class Impatient implements Lines {
        private final LinkedBlockingQueue<Runnable> stops = new LinkedBlockingQueue<>();
        private boolean asked;

        @Override
        public Optional<String> next() {
            boolean first = !asked;
            asked = true;
            return first ? Optional.of("Tell me everything") : Optional.empty();
        }

        @Override
        public Watch onStop(Runnable stop) {
            stops.add(stop);
            return () -> {};
        }

        @Override
        public void close() {}
    }

    @Test
    void anAnswerThatIsStoppedStaysAsFarAsItCame() throws Exception {
        Impatient person = new Impatient();
        FakeEngine engine = new FakeEngine(generation -> {
            generation.start().say("Once", " upon");
            person.stops.take().run();
            generation.awaitCancel();
            generation.finish(FinishReason.CANCELLED, Optional.empty());
        });
        Dialogue dialogue = chat(engine, person);
        assertThat(output()).isEqualTo("Once upon …\n");
        assertThat(dialogue.toJson()).contains("\"content\":\"Once upon\"");
    }
}
