package dev.corral.engine.local.sampling;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.InvalidRequestException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaPatternsTest {

    private static String groups(int depth) {
        return "(".repeat(depth) + "a" + ")".repeat(depth);
    }

    private static String in(String place, String pattern) {
        return place.formatted("{\"type\": \"string\", \"pattern\": \"^" + pattern + "$\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%s",
                "{\"type\": \"object\", \"properties\": {\"pattern\": %s}}",
                "{\"type\": \"array\", \"items\": {\"anyOf\": [{\"type\": \"null\"}, %s]}}",
                "{\"$defs\": {\"a\": %s}, \"$ref\": \"#/$defs/a\"}"
            })
    void groupsThatLlamaDoesNotReadAreRefusedWhereverTheyAre(String place) {
        assertThatCode(() -> SchemaPatterns.check("json_schema", in(place, groups(100))))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> SchemaPatterns.check("json_schema", in(place, groups(101))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith(
                        "'json_schema' must have patterns with groups nested at most 100 deep, but is ^((((");
    }

    @Test
    void parenthesesThatOpenNoGroupDoNotCount() {
        assertThatCode(() -> SchemaPatterns.check(
                        "json_schema", in("%s", "\\\\(".repeat(500) + "[(]".repeat(500) + "(a)".repeat(500))))
                .doesNotThrowAnyException();
    }

    @Test
    void whatIsNoJsonIsLeftToWhoReadsIt() {
        assertThatCode(() -> SchemaPatterns.check("json_schema", "{")).doesNotThrowAnyException();
    }
}
