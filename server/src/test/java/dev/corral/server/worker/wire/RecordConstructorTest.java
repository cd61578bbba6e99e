package dev.corral.server.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Records come out the same by reflection, at first, and by a method handle, when many were made. */
class RecordConstructorTest {

    private static final int MANY = 1_000;

    /** One that refuses. */
    public record Positive(int number, double share, List<String> names) {
        public Positive {
            if (number <= 0) {
                throw new IllegalArgumentException("number must be positive");
            }
        }
    }

    private static RecordConstructor positive() throws NoSuchMethodException {
        return new RecordConstructor(Positive.class.getConstructor(int.class, double.class, List.class));
    }

    @Test
    void makesTheSameHoweverOften() throws Throwable {
        RecordConstructor constructor = positive();
        for (int i = 1; i <= MANY; i++) {
            assertThat(constructor.of(new Object[] {i, 0.5, List.of("a")}))
                    .isEqualTo(new Positive(i, 0.5, List.of("a")));
        }
    }

    @Test
    void throwsWhatTheRecordThrowsHoweverOften() throws Throwable {
        RecordConstructor constructor = positive();
        for (int i = 0; i < MANY; i++) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> constructor.of(new Object[] {0, 0.5, List.of()}))
                    .withMessage("number must be positive");
        }
    }
}
