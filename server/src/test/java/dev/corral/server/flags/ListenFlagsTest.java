package dev.corral.server.flags;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.dialects.DialectPort;
import dev.corral.server.http.HttpSettings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ports of single dialects. */
class ListenFlagsTest {

    @Test
    void alpacasPortIsOpenedForItsFlagsAndOtherwiseWhenAskedFor() {
        HttpSettings http = HttpSettings.loopback(8080);
        AlpacaFlags flags = new AlpacaFlags();
        assertThat(flags.withOwnPort(List.of(), http)).isEmpty();
        flags.baseModel = Path.of("model.gguf");
        assertThat(flags.withOwnPort(List.of(), http))
                .containsExactly(new DialectPort("alpaca", http.reachedAt("127.0.0.1", 19_327)));
        List<DialectPort> given = List.of(new DialectPort("alpaca2", http.reachedAt("127.0.0.1", 1)));
        assertThat(flags.withOwnPort(given, http)).isEqualTo(given);
    }
}
