package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonBodyTest {

    private static void refused(String body, String because) {
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> JsonBody.parse(body.getBytes(StandardCharsets.UTF_8)))
                .withMessageContaining(because)
                .satisfies(e -> assertThat(e.error().kind()).isEqualTo(ApiError.Kind.INVALID));
    }

    @Test
    void readsAnObject() {
        assertThat(JsonBody.parse("{\"a\": [1, \"é😀\"]}".getBytes(StandardCharsets.UTF_8))
                        .toString())
                .isEqualTo("{\"a\":[1,\"é😀\"]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "garbage | line 1, column 1",
                "{\"a\": } | line 1, column 7",
                "{\"a\": 1 | Unexpected end-of-input",
                "{\"a\": 1}} | not valid JSON",
                "{\"a\": 1} {\"b\": 2} | not valid JSON",
                "{\"a\": NaN} | NaN",
                "{\"a\": Infinity} | Infinity",
                "{\"a\": 01} | not valid JSON",
                "{'a': 1} | not valid JSON",
                "[1, 2] | must be a JSON object, but is an array",
                "\"text\" | must be a JSON object, but is a string",
                "null | must be a JSON object, but is null"
            })
    void namesWhatIsWrong(String body, String because) {
        refused(body, because);
    }

    @Test
    void refusesAnEmptyBody() {
        refused("", "the body is empty");
        refused("  \n", "the body is empty");
    }

    @Test
    void refusesAFieldThatStandsTwice() {
        refused("{\"prompt\": \"a\", \"prompt\": \"b\"}", "Duplicate");
        refused("{\"x\": {\"a\": 1, \"a\": 2}}", "Duplicate");
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 3_000, 100_000})
    void refusesDepth(int depth) {
        refused("{\"a\": " + "[".repeat(depth) + "]".repeat(depth) + "}", "nesting depth");
        refused("{\"a\": ".repeat(depth) + "1" + "}".repeat(depth), "nesting depth");
    }

    @Test
    void refusesHalfOfASurrogatePair() {
        refused("{\"prompt\": \"\\ud83d\"}", "'prompt' has half of a surrogate pair");
        refused("{\"messages\": [{\"content\": \"x\\ude00y\"}]}", "'messages[0].content' has half");
        refused("{\"a\": \"\\ude00\\ud83d\"}", "'a' has half");
        assertThat(JsonBody.parse("{\"a\": \"\\ud83d\\ude00\"}".getBytes(StandardCharsets.UTF_8))
                        .get("a")
                        .textValue())
                .isEqualTo("😀");
    }

    @Test
    void refusesBytesThatAreNoUtf8() {
        byte[] body = {'{', '"', 'a', '"', ':', '"', (byte) 0xC3, (byte) 0x28, '"', '}'};
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> JsonBody.parse(body))
                .withMessageContaining("UTF-8");
    }

    @Test
    void doesNotSpeakOfTheParser() {
        for (String body :
                new String[] {"{\"a\": 1} {}", "{\"a\": NaN}", "[".repeat(300), "[" + "1".repeat(2_000) + "]"}) {
            assertThatExceptionOfType(ApiException.class)
                    .isThrownBy(() -> JsonBody.parse(body.getBytes(StandardCharsets.UTF_8)))
                    .satisfies(e -> assertThat(e.error().message()).doesNotContain("`"));
        }
    }

    @Test
    void refusesANumberOfManyDigits() {
        refused("{\"a\": " + "1".repeat(5_000) + "}", "Number value length");
    }
}
