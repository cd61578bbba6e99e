package dev.corral.server.ollama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.server.TestClient;
import dev.corral.server.http.Fields;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeepAliveTest {

    private static Optional<Duration> read(String value) {
        return KeepAlive.read(new Fields((ObjectNode) TestClient.json("{\"keep_alive\":" + value + "}")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | PT0S",
                "300 | PT5M",
                "1.5 | PT1.5S",
                "\"90\" | PT1M30S",
                "\"0\" | PT0S",
                "\"5m\" | PT5M",
                "\"1h30m\" | PT1H30M",
                "\"1.5h\" | PT1H30M",
                "\"250ms\" | PT0.25S",
                "\"7µs\" | PT0.000007S",
                "-1 | PT876600H",
                "-0.1 | PT876600H",
                "1e300 | PT876600H",
                "\"-1\" | PT876600H",
                "\"-5m\" | PT876600H",
                "\"99999999999999999999h\" | PT876600H",
            })
    void saysHowLong(String value, Duration expected) {
        assertThat(read(value)).contains(expected);
    }

    @Test
    void nothingIsLeftOpen() {
        assertThat(read("\"\"")).isEmpty();
        assertThat(read("null")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "[]", "\"soon\"", "\"5 m\"", "\"m\"", "\"5m3\""})
    void whatIsNoDurationIsNamed(String value) {
        assertThatThrownBy(() -> read(value))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("keep_alive");
    }

    @Test
    void aTextOfManyPartsIsRefused() {
        assertThatThrownBy(() -> read("\"" + "1s".repeat(100_000) + "\"")).isInstanceOf(InvalidRequestException.class);
    }
}
