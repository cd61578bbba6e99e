package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Range;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsTest {

    private static final Range TO_TEN = Range.of(0, 10);

    private static Fields fields(String json) {
        return new Fields(JsonBody.parse(json.getBytes(StandardCharsets.UTF_8)));
    }

    private static void refused(ThrowingCallable call, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(call)
                .withMessage(message);
    }

    @Test
    void absentAndNullReadAsTheFallback() {
        for (Fields none : List.of(fields("{}"), fields("{\"a\": null}"))) {
            assertThat(none.has("a")).isFalse();
            assertThat(none.decimal("a", TO_TEN, 7.5)).isEqualTo(7.5);
            assertThat(none.integer("a", TO_TEN, 7)).isEqualTo(7);
            assertThat(none.flag("a", true)).isTrue();
            assertThat(none.text("a")).isEmpty();
            assertThat(none.texts("a")).isEmpty();
            assertThat(none.array("a")).isEmpty();
            assertThat(none.object("a")).isEmpty();
            assertThat(none.objects("a")).isEmpty();
        }
    }

    @Test
    void readsWhatIsThere() {
        Fields some = fields("{\"d\": 0.5, \"i\": 3, \"r\": 4.0, \"f\": true, \"t\": \"x\", \"ts\": [\"x\", \"y\"],"
                + " \"big\": 4294967295, \"o\": {\"i\": 2}}");
        assertThat(some.decimal("d", TO_TEN, 0)).isEqualTo(0.5);
        assertThat(some.integer("i", TO_TEN, 0)).isEqualTo(3);
        assertThat(some.integer("r", TO_TEN, 0)).isEqualTo(4);
        assertThat(some.flag("f", false)).isTrue();
        assertThat(some.text("t")).contains("x");
        assertThat(some.texts("t")).containsExactly("x");
        assertThat(some.texts("ts")).containsExactly("x", "y");
        assertThat(some.whole("big", Range.of(-1, 0xFFFF_FFFFL), 0)).isEqualTo(0xFFFF_FFFFL);
        assertThat(some.object("o").orElseThrow().integer("i", TO_TEN, 0)).isEqualTo(2);
        assertThat(some.either("none", "i", "d")).isEqualTo("i");
        assertThat(some.either("none", "nothing")).isEqualTo("none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-0.001", "10.001", "1e999", "-1e999", "99999999999999999999999"})
    void refusesADecimalOutOfRange(String value) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> fields("{\"a\": " + value + "}").decimal("a", TO_TEN, 0))
                .withMessageStartingWith("'a' must be between 0 and 10, but is ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-1", "11", "1e999", "-1e999", "99999999999999999999999", "2147483648", "9223372036854775808"})
    void refusesAWholeNumberOutOfRange(String value) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> fields("{\"a\": " + value + "}").integer("a", TO_TEN, 0))
                .withMessageStartingWith("'a' must be between 0 and 10, but is ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2147483648", "-2147483649", "1e300"})
    void neverWrapsAnInt(String value) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> fields("{\"a\": " + value + "}").integer("a", Range.of(-1e18, 1e18), 0));
    }

    @Test
    void refusesFractionsWhereWholeNumbersBelong() {
        refused(
                () -> fields("{\"a\": 1.5}").integer("a", TO_TEN, 0),
                "'a' must be a whole number between 0 and 10, but is 1.5");
    }

    @Test
    void refusesOtherTypes() {
        refused(
                () -> fields("{\"a\": \"1\"}").decimal("a", TO_TEN, 0),
                "'a' must be a number between 0 and 10, but is \"1\"");
        refused(
                () -> fields("{\"a\": true}").integer("a", TO_TEN, 0),
                "'a' must be a whole number between 0 and 10, but is true");
        refused(() -> fields("{\"a\": 1}").flag("a", true), "'a' must be true or false, but is 1");
        refused(() -> fields("{\"a\": 1}").text("a"), "'a' must be a string, but is 1");
        refused(() -> fields("{\"a\": 1}").texts("a"), "'a' must be a string or an array of strings, but is 1");
        refused(() -> fields("{\"a\": [\"x\", 1]}").texts("a"), "'a[1]' must be a string, but is 1");
        refused(() -> fields("{\"a\": 1}").array("a"), "'a' must be an array, but is 1");
        refused(() -> fields("{\"a\": 1}").object("a"), "'a' must be an object, but is 1");
        refused(() -> fields("{\"a\": [{}, 1]}").objects("a"), "'a[1]' must be an object, but is 1");
    }

    @Test
    void namesFieldsWithinFields() {
        refused(
                () -> fields("{\"o\": {\"a\": 11}}").object("o").orElseThrow().integer("a", TO_TEN, 0),
                "'o.a' must be between 0 and 10, but is 11");
        refused(
                () -> fields("{\"os\": [{}, {\"a\": 11}]}")
                        .objects("os")
                        .getLast()
                        .integer("a", TO_TEN, 0),
                "'os[1].a' must be between 0 and 10, but is 11");
    }

    @Test
    void showsOnlyTheStartOfALongValue() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(
                        () -> fields("{\"a\": \"" + "x".repeat(100_000) + "\"}").decimal("a", TO_TEN, 0))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
    }
}
