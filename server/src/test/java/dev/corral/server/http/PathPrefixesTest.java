package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.SocketClient;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathPrefixesTest {

    private static final HttpSettings SETTINGS =
            HttpSettings.loopback(0).with(PathPrefixes.of(List.of("/api/v9/", "/llama", "/")));

    @ParameterizedTest
    @CsvSource({
        "/health, /health",
        "/llama/health, /health",
        "/api/v9/v1/models, /v1/models",
        "/vm/0/completion, /completion",
        "/vm/a%20b/completion, /completion",
        "/vm/0, /vm/0",
        "/vm//health, /vm//health",
        "/llamas/health, /llamas/health",
        "/llama, /llama",
        "/llama/vm/0/health, /vm/0/health"
    })
    void oneIsTakenOff(String path, String plain) {
        assertThat(SETTINGS.prefixes().strip(path)).isEqualTo(plain);
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "/a b", "/{a}", "/a//b", "/a?b", "//"})
    void othersAreNoPaths(String path) {
        assertThatThrownBy(() -> PathPrefixes.of(List.of(path))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void webSocketsAreBehindEach() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"), SETTINGS, Defaults.standard())) {
            for (String prefix : List.of("", "/api/v9", "/llama", "/vm/0")) {
                try (SocketClient client = SocketClient.open(
                        running.client().http(), running.client().address(), prefix + "/api/v2/generate")) {
                    client.say("{'type': 'open_inference_session', 'max_length': 9}");
                    assertThat(client.text()).as(prefix).isEqualTo("{\"ok\": true}");
                }
            }
        }
    }

    @Test
    void everyRouteIsBehindEach() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"), SETTINGS, Defaults.standard())) {
            TestClient client = running.client();
            for (String prefix : new String[] {"", "/api/v9", "/llama", "/vm/0", "/vm/x.y-z"}) {
                assertThat(client.get(prefix + "/health").status()).as(prefix).isEqualTo(200);
                assertThat(client.get(prefix + "/v1/models").status())
                        .as(prefix)
                        .isEqualTo(200);
                assertThat(client.post(prefix + "/completion", "{\"prompt\": \"x\"}")
                                .json()
                                .path("content")
                                .textValue())
                        .isEqualTo("a");
                assertThat(client.post(prefix + "/slots/1?action=erase", "")
                                .json()
                                .path("id_slot")
                                .intValue())
                        .isEqualTo(1);
                TestClient.Answer wrongMethod = client.get(prefix + "/completion");
                assertThat(wrongMethod.status()).isEqualTo(405);
                assertThat(wrongMethod.header("Allow")).contains("POST");
                assertThat(client.get(prefix + "/v1/nothing")
                                .error()
                                .path("type")
                                .textValue())
                        .as("in the words of OpenAI's dialect")
                        .isEqualTo(
                                client.get("/v1/nothing").error().path("type").textValue());
            }
            assertThat(client.get("/other/health").status()).isEqualTo(404);
        }
    }

    @Test
    void aPrefixIsNoWayAroundAKey() throws Exception {
        HttpSettings keyed = SETTINGS.withApiKeys(List.of("secret"));
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"), keyed, Defaults.standard())) {
            for (String prefix : new String[] {"/llama", "/vm/0", "/vm/health", "/vm/.."}) {
                assertThat(running.client().get(prefix + "/slots").status())
                        .as(prefix)
                        .isIn(401, 404);
                assertThat(running.client().post(prefix + "/completion", "{}").status())
                        .isIn(401, 404);
            }
            assertThat(running.client().get("/vm/0/health").status()).isEqualTo(200);
            assertThat(running.client().get("/vm/0/vm/0/health").status()).isEqualTo(401);
        }
    }
}
