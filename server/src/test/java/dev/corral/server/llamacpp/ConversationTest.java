package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Prompt;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients of 2023 keep between turns: a cookie, a slot, a system prompt. */
class ConversationTest {

    private static final String COOKIE = "corral_conversation=";

    private static int slotAskedFor(String cookies, String fields) throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        try (RunningServer running = RunningServer.of(engine)) {
            TestClient.Answer answer =
                    running.client().post("/completion", "{\"prompt\": \"x\"" + fields + "}", "Cookie", cookies);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            return engine.next().request().cache().slot();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0123456789abcdef.3, 3",
        "0123456789abcdef.4, -1",
        "0123456789abcdef.99999, -1",
        "0123456789abcdef.-1, -1",
        "0123456789abcde.3, -1",
        "0123456789ABCDEF.3, -1",
        "3, -1"
    })
    void aCookieAsksForItsSlotIfItMakesSense(String cookie, int slot) throws Exception {
        assertThat(slotAskedFor("a=b; " + COOKIE + cookie + "; c=d", "")).isEqualTo(slot);
    }

    @Test
    void whatTheRequestSaysGoesFirst() throws Exception {
        assertThat(slotAskedFor(COOKIE + "0123456789abcdef.3", ", \"id_slot\": 1"))
                .isEqualTo(1);
        assertThat(slotAskedFor(COOKIE + "0123456789abcdef.3", ", \"slot_id\": -1"))
                .isEqualTo(3);
    }

    /** The fake engine's slot is 2. */
    @Test
    void theClientIsToldOfItsSlotUnlessItKnows() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            String body = "{\"prompt\": \"x\"}";
            String fresh = running.client()
                    .post("/completion", body)
                    .header("Set-Cookie")
                    .orElseThrow();
            assertThat(fresh).matches(COOKIE + "[0-9a-f]{16}\\.2; Path=/; HttpOnly; SameSite=Lax");
            assertThat(running.client()
                            .post("/completion", body, "Cookie", COOKIE + "0123456789abcdef.1")
                            .header("Set-Cookie")
                            .orElseThrow())
                    .startsWith(COOKIE + "0123456789abcdef.2;");
            assertThat(running.client()
                            .post("/completion", body, "Cookie", COOKIE + "0123456789abcdef.2")
                            .header("Set-Cookie"))
                    .isEmpty();
        }
    }

    private static final String TALE =
            "\"system_prompt\": {\"prompt\": \"A tale.\", \"anti_prompt\": \"User:\", \"assistant_name\": \"Bard:\"}";
    private static final Prompt WITH_TALE =
            new Prompt.Parts(List.of(new Prompt.Text("A tale.", true, true), new Prompt.Text("x", false, true)));

    @Test
    void aSystemPromptIsItsRequestsOwn() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        try (RunningServer running = RunningServer.of(engine)) {
            TestClient.Answer answer = running.client().post("/completion", "{\"prompt\": \"x\", " + TALE + "}");
            assertThat(answer.json().path("prompt").textValue()).isEqualTo("x");
            assertThat(engine.next().request().prompt()).isEqualTo(WITH_TALE);
            running.client().post("/completion", "{\"prompt\": \"x\", \"system_prompt\": \"A tale.\"}");
            assertThat(engine.next().request().prompt()).isEqualTo(WITH_TALE);
            running.client().post("/completion", "{\"prompt\": \"x\"}");
            assertThat(engine.next().request().prompt()).isEqualTo(Prompt.text("x"));
            TestClient.Answer refused = running.client().post("/props", "{" + TALE + "}");
            assertThat(refused.status()).isEqualTo(501);
            assertThat(refused.error().path("message").textValue()).contains("--props");
        }
    }

    @Test
    void whereThatIsAllowedItHoldsFromThenOn() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        try (RunningServer running = RunningServer.of(engine, new LlamaCppSettings(true, true))) {
            assertThat(running.client().post("/props", "{" + TALE + "}").text()).isEqualTo("{\"success\":true}");
            running.client().post("/completion", "{\"prompt\": \"x\"}");
            assertThat(engine.next().request().prompt()).isEqualTo(WITH_TALE);
            assertThat(running.client().get("/props").json().path("user_name").textValue())
                    .isEqualTo("User:");
            assertThat(running.client()
                            .get("/props")
                            .json()
                            .path("assistant_name")
                            .textValue())
                    .isEqualTo("Bard:");
            running.client().post("/completion", "{\"prompt\": [65], \"system_prompt\": {}}");
            assertThat(engine.next().request().prompt()).isEqualTo(Prompt.tokens(65));
            running.client().post("/completion", "{\"prompt\": \"x\"}");
            assertThat(engine.next().request().prompt()).isEqualTo(Prompt.text("x"));
        }
    }
}
