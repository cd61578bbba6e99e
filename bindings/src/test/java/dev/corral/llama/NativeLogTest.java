package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.corral.llama.NativeLog.Level;
import dev.corral.llama.NativeLog.Line;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NativeLogTest {

    private final List<Line> lines = new CopyOnWriteArrayList<>();

    @AfterEach
    void reset() {
        NativeLog.reset();
    }

    @Test
    void routesWholeLinesWithTheirLevels() throws InterruptedException {
        NativeLog.route(Level.INFO, lines::add);
        SmolModel.open().close();
        NativeLog.flush();

        assertThat(lines)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line.text()).doesNotContain("\n"))
                .anySatisfy(line -> {
                    assertThat(line.level()).isEqualTo(Level.INFO);
                    assertThat(line.text()).contains("loading model tensors");
                })
                .noneMatch(line -> line.level() == Level.DEBUG);
    }

    @Test
    void leavesOutWhatIsLessSevere() throws InterruptedException {
        NativeLog.route(Level.ERROR, lines::add);
        try (Model model = SmolModel.open();
                Context context = model.newContext(SmolModel.options().build());
                Batch batch = new Batch(1)) {
            batch.add(-5, 0, 0, true);
            assertThat(catchThrowable(() -> context.decode(batch))).isInstanceOf(LlamaException.class);
        }
        NativeLog.flush();

        assertThat(lines)
                .isNotEmpty()
                .allMatch(line -> line.level() == Level.ERROR)
                .anyMatch(line -> line.text().contains("invalid token[0] = -5"));
    }

    @Test
    void goesOnAfterASinkThatFails() throws InterruptedException {
        NativeLog.route(Level.INFO, line -> {
            lines.add(line);
            throw new IllegalStateException("a sink that fails on purpose");
        });
        SmolModel.open().close();
        NativeLog.flush();

        assertThat(lines).hasSizeGreaterThan(1);
    }
}
