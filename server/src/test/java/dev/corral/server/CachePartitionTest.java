package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Limits;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.Speculation;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose cached prefixes a request finds: those of its API key. */
class CachePartitionTest {

    private static final HttpSettings KEYS = HttpSettings.loopback(0).withApiKeys(List.of("ann", "ben"));
    private static final String PROMPT = "The quick brown fox jumps over the lazy dog, again and again and again.";

    @TempDir
    private Path folder;

    private RunningServer serve(HttpSettings http, boolean shared) throws IOException {
        LocalEngine engine = LocalEngine.open(
                LocalEngineOptions.builder(Path.of(System.getProperty("corral.test.model")))
                        .contextSize(1024)
                        .slots(4)
                        .threads(2)
                        .slotFolder(folder)
                        .build(),
                _ -> {});
        Defaults defaults = new Defaults(
                Sampling.defaults(),
                Limits.UNLIMITED,
                Optional.empty(),
                Query.Embed.EUCLIDEAN,
                Optional.empty(),
                Optional.empty(),
                shared,
                Speculation.OFF,
                ChatDefaults.STANDARD);
        return RunningServer.of(engine, http, defaults);
    }

    private static int cached(RunningServer server, String key, String more) throws InterruptedException {
        TestClient.Answer answer = server.client()
                .post(
                        "/completion",
                        "{\"prompt\": \"" + PROMPT + "\", \"n_predict\": 2" + more + "}",
                        "Authorization",
                        "Bearer " + key);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.json().at("/timings/cache_n").intValue();
    }

    @Test
    void keysFindOnlyTheirOwnPrefixes() throws Exception {
        try (RunningServer server = serve(KEYS, false)) {
            assertThat(cached(server, "ann", "")).isZero();
            assertThat(cached(server, "ben", "")).isZero();
            assertThat(cached(server, "ann", "")).isPositive();
            assertThat(cached(server, "ben", "")).isPositive();
            assertThat(cached(server, "ann", ", \"cache_salt\": \"x\"")).isZero();
            assertThat(cached(server, "ben", ", \"cache_salt\": \"x\""))
                    .as("a salt never widens")
                    .isZero();
            assertThat(cached(server, "ann", ", \"cache_salt\": \"x\"")).isPositive();
        }
    }

    @Test
    void anOperatorMayShareThem() throws Exception {
        try (RunningServer server = serve(KEYS, true)) {
            assertThat(cached(server, "ann", "")).isZero();
            assertThat(cached(server, "ben", "")).isPositive();
            assertThat(cached(server, "ann", ", \"cache_salt\": \"x\"")).isZero();
            assertThat(cached(server, "ben", ", \"cache_salt\": \"x\"")).isPositive();
            assertThat(cached(server, "ben", ", \"cache_salt\": \"y\"")).isZero();
        }
    }

    @Test
    void slotsAreSavedRestoredAndErasedByWhoseTheyAre() throws Exception {
        try (RunningServer server = serve(KEYS, false)) {
            cached(server, "ann", ", \"id_slot\": 0");
            String file = "{\"filename\": \"story\"}";
            assertThat(slot(server, "ben", "save", file).status()).isEqualTo(400);
            assertThat(slot(server, "ben", "erase", "").json().path("n_erased").intValue())
                    .isZero();
            JsonNode saved = slot(server, "ann", "save", file).json();
            assertThat(saved.path("n_saved").intValue()).isPositive();

            TestClient.Answer foreign = slot(server, "ben", "restore", file);
            TestClient.Answer absent = slot(server, "ben", "restore", "{\"filename\": \"absent\"}");
            assertThat(foreign.status()).isEqualTo(400);
            assertThat(foreign.text()).isEqualTo(absent.text().replace("absent", "story"));
            assertThat(slot(server, "ann", "restore", file).status()).isEqualTo(200);
        }
    }

    private static TestClient.Answer slot(RunningServer server, String key, String action, String body)
            throws InterruptedException {
        return server.client().post("/slots/0?action=" + action, body, "X-Api-Key", key);
    }

    @Test
    void withoutKeysAllAreOne() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        try (RunningServer server = RunningServer.of(engine)) {
            server.client().post("/completion", "{\"prompt\": \"x\"}");
            assertThat(engine.next().request().cache().partition()).isEmpty();
            server.client()
                    .post(
                            "/v1/chat/completions",
                            "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}], \"cache_salt\": \"s\"}");
            assertThat(engine.next().request().cache().partition()).isEqualTo("/s");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 513})
    void aSaltHasALengthAndIsNotRepeated(int length) throws Exception {
        try (RunningServer server = RunningServer.of(FakeEngine.saying("a"))) {
            TestClient.Answer answer = server.client()
                    .post("/completion", "{\"prompt\": \"x\", \"cache_salt\": \"" + "s".repeat(length) + "\"}");
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error().path("message").textValue())
                    .contains("'cache_salt' must have 1 to 512 characters")
                    .doesNotContain("sss");
        }
    }

    @ParameterizedTest
    @CsvSource({"5", "[\"a\"]", "true"})
    void aSaltIsText(String salt) throws Exception {
        try (RunningServer server = RunningServer.of(FakeEngine.saying("a"))) {
            assertThat(server.client()
                            .post("/completion", "{\"prompt\": \"x\", \"cache_salt\": " + salt + "}")
                            .status())
                    .isEqualTo(400);
        }
    }
}
