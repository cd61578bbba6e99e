package dev.corral.server.petals;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Query;
import dev.corral.server.Conditions;
import dev.corral.server.ModelServer;
import dev.corral.server.SocketClient;
import dev.corral.server.TestClient;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Petals before a real model: the examples of its documents, and what a session costs. */
class PetalsModelTest {

    private static final ModelServer SERVER = ModelServer.shared();

    @AfterEach
    void isSound() throws Exception {
        SERVER.engine().checkInvariants();
    }

    private static SocketClient socket() throws Exception {
        return SocketClient.open(SERVER.client().http(), SERVER.client().address(), "/api/v2/generate");
    }

    private static String outputs(TestClient.Answer answer) {
        assertThat(answer.json().path("ok").booleanValue()).as(answer.text()).isTrue();
        return answer.json().path("outputs").textValue();
    }

    private static String generate(String form) throws Exception {
        return outputs(SERVER.client()
                .send(SERVER.client()
                        .request("/api/v1/generate", "Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form))));
    }

    private static EngineStats settled() throws Exception {
        SERVER.engine().checkInvariants();
        return SERVER.engine().stats();
    }

    private static int tokens(String text) throws Exception {
        return SERVER.engine()
                .ask(new Query.Tokenize(text, false, true, false))
                .tokens()
                .size();
    }

    @Test
    void theDocumentsExampleForCurl() throws Exception {
        String text = generate("model=smollm2&inputs=Once upon a time,&max_new_tokens=20");
        assertThat(tokens(text)).isBetween(15, 20);
        assertThat(text).startsWith(" ");
    }

    @Test
    void theDocumentsExampleForWebSockets() throws Exception {
        try (SocketClient client = socket()) {
            client.say("{'type': 'open_inference_session', 'model': 'smollm2', 'max_length': 30}")
                    .say("{'type': 'generate', 'inputs': 'A cat sat on', 'max_length': 30, 'do_sample': 1,"
                            + " 'temperature': 0.6, 'top_p': 0.9}");
            assertThat(client.text()).isEqualTo("{\"ok\": true}");
            JsonNode answer = client.next();
            assertThat(answer.path("stop").booleanValue()).isTrue();
            assertThat(answer.path("token_count").intValue()).isLessThanOrEqualTo(30 - tokens("A cat sat on"));
            assertThat(answer.path("outputs").textValue()).isNotEmpty();
            client.say("{'type': 'generate', 'inputs': ' and so on and on', 'max_new_tokens': 3}");
            assertThat(client.next().path("traceback").textValue())
                    .containsPattern("ValueError: Maximum length exceeded: prefix 29 \\+ current \\d+ exceeds "
                            + "pre-allocated maximum 30\n");
            assertThat(client.awaitClose()).isEqualTo(1000);
        }
    }

    @Test
    void theDocumentsExampleForOneMessage() throws Exception {
        try (SocketClient client = socket()) {
            client.say("{'type': 'open_inference_session', 'max_length': 1024}")
                    .send(
                            "{\"type\": \"generate\", \"inputs\": \"A cat in French is \\\"\", \"max_new_tokens\": 3}",
                            true);
            assertThat(client.text()).isEqualTo("{\"ok\": true}");
            JsonNode answer = client.next();
            assertThat(answer.path("stop").booleanValue()).isTrue();
            assertThat(answer.path("token_count").intValue()).isBetween(1, 3);
            assertThat(answer.path("outputs").textValue()).isNotEmpty();
            assertThat(client.isSilent()).isTrue();
        }
    }

    @Test
    void byWebSocketASessionsNextTokenCostsOneDecodeOfOneTokenToo() throws Exception {
        try (SocketClient client = socket()) {
            client.say("{'type': 'open_inference_session', 'max_length': 256}")
                    .say("{'type': 'generate', 'inputs': 'Counting up: one, two, three, four,', 'max_new_tokens': 1}");
            client.next();
            client.next();
            for (int i = 0; i < 8; i++) {
                EngineStats before = settled();
                client.say("{'type': 'generate', 'max_new_tokens': 1}");
                assertThat(client.next().path("token_count").intValue()).isEqualTo(1);
                EngineStats after = settled();
                assertThat(after.steps() - before.steps()).isEqualTo(1);
                assertThat(after.promptTokensEvaluated() - before.promptTokensEvaluated())
                        .isEqualTo(1);
            }
        }
    }

    @Test
    void byWebSocketACharacterIsHeldUntilItIsWhole() throws Exception {
        int each = tokens("🦙");
        assertThat(each).isGreaterThan(1);
        try (SocketClient client = socket()) {
            client.say("{'type': 'open_inference_session', 'max_length': 512}")
                    .say("{'type': 'generate', 'inputs': '🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙', 'max_new_tokens': 1,"
                            + " 'stop_sequence': 'never said'}");
            client.next();
            int llamas = 0;
            while (llamas < 3) {
                JsonNode message = client.next();
                String text = message.path("outputs").textValue();
                assertThat(text).doesNotContain("\uFFFD");
                if (text.contains("🦙")) {
                    llamas++;
                    assertThat(message.path("token_count").intValue()).isGreaterThan(1);
                }
            }
        }
    }

    @Test
    void aSessionsNextTokenCostsOneDecodeOfOneToken() throws Exception {
        String id = SERVER.client()
                .get("/api/v1/open_inference_session?max_length=256")
                .json()
                .path("session_id")
                .textValue();
        String prompt = "Here is how to count in English, from one to twenty: one, two, three, four,";
        StringBuilder text = new StringBuilder();
        text.append(generate("session_id=" + id + "&inputs=" + prompt + "&max_new_tokens=1"));
        for (int i = 0; i < 11; i++) {
            EngineStats before = settled();
            text.append(generate("session_id=" + id + "&max_new_tokens=1"));
            EngineStats after = settled();
            assertThat(after.steps() - before.steps()).isEqualTo(1);
            assertThat(after.promptTokensEvaluated() - before.promptTokensEvaluated())
                    .isEqualTo(1);
        }
        assertThat(text.toString()).isEqualTo(" five, six, seven, eight, nine, ten,");
        SERVER.client().get("/api/v1/close_inference_session?session_id=" + id);
    }

    @Test
    void aCharacterComesWholeThoughItsTokensComeOneByOne() throws Exception {
        String smiles = "🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙 🦙";
        int each = tokens("🦙");
        assertThat(each).isGreaterThan(1);
        String id = SERVER.client()
                .get("/api/v1/open_inference_session?max_length=512")
                .json()
                .path("session_id")
                .textValue();
        StringBuilder text =
                new StringBuilder(generate("session_id=" + id + "&inputs=" + smiles + "&max_new_tokens=1"));
        for (int i = 0; i < 6 * each; i++) {
            String more = generate("session_id=" + id + "&max_new_tokens=1");
            text.append(more);
        }
        assertThat(text.toString()).contains("🦙").doesNotContain("\uFFFD");
        SERVER.client().get("/api/v1/close_inference_session?session_id=" + id);
    }

    @Test
    void aConversationOfThreeTurnsOneOfThemInterrupted() throws Exception {
        String call = "'max_new_tokens': 1, 'stop_sequence': '\\n', 'extra_stop_sequences': ['</s>']}";
        String first = "Q: What is the capital of France?\\nA:";
        String second = "Q: And of Italy?\\nA:";
        String whole;
        try (SocketClient client = socket()) {
            client.say("{'type': 'open_inference_session', 'max_length': 512}")
                    .say("{'type': 'generate', 'inputs': '" + first + "', " + call);
            client.next();
            String answer = read(client);
            assertThat(answer).contains("Paris");
            whole = first + answer.replace("\n", "\\n") + second;
            EngineStats before = settled();
            client.say("{'type': 'generate', 'inputs': '" + second + "', " + call);
            String other = read(client);
            assertThat(other).contains("Rome");
            // what was said before is in the cache, but for the token that ended it
            assertThat(settled().promptTokensEvaluated() - before.promptTokensEvaluated())
                    .isLessThanOrEqualTo(1 + tokens("Q: And of Italy?\nA:"));
            client.say("{'type': 'generate', 'inputs': 'Q: Tell me a long story.\\nA:', 'max_new_tokens': 1,"
                    + " 'stop_sequence': 'never said'}");
            client.next();
            client.abort();
        }
        Conditions.await("the slot is free", () -> settled().running() == 0);
        try (SocketClient again = socket()) {
            EngineStats before = settled();
            again.say("{'type': 'open_inference_session', 'max_length': 512}")
                    .say("{'type': 'generate', 'inputs': '" + whole + "', " + call);
            again.next();
            assertThat(read(again)).contains("Rome");
            assertThat(settled().promptTokensEvaluated() - before.promptTokensEvaluated())
                    .as("what the client says again is not read again")
                    .isLessThan(tokens(whole.replace("\\n", "\n")) / 4);
        }
    }

    /** The text of a turn, to its end. */
    private static String read(SocketClient client) throws Exception {
        StringBuilder text = new StringBuilder();
        while (true) {
            JsonNode message = client.next();
            assertThat(message.path("ok").booleanValue()).as(message.toString()).isTrue();
            text.append(message.path("outputs").textValue());
            if (message.path("stop").booleanValue()) {
                return text.toString();
            }
        }
    }

    @Test
    void aClientGoesOnInALongerSession() throws Exception {
        String counting = "Counting up: 1, 2, 3, 4, 5, 6, 7, 8,";
        StringBuilder said = new StringBuilder(counting);
        List<Integer> lengths = new ArrayList<>();
        String inputs = counting;
        for (int length = 32; said.length() < counting.length() + 60; length *= 4) {
            lengths.add(length);
            try (SocketClient client = socket()) {
                client.say("{'type': 'open_inference_session', 'max_length': " + length + "}")
                        .say("{'type': 'generate', 'inputs': '" + inputs
                                + "', 'max_new_tokens': 1, 'stop_sequence': 'never said'}");
                client.next();
                while (said.length() < counting.length() + 60) {
                    JsonNode message = client.next();
                    if (!message.path("ok").booleanValue()) {
                        assertThat(message.path("traceback").textValue())
                                .contains("Maximum length exceeded: prefix " + length
                                        + " + current 1 exceeds pre-allocated maximum " + length);
                        break;
                    }
                    said.append(message.path("outputs").textValue());
                }
                inputs = said.toString();
            }
        }
        assertThat(lengths).hasSizeGreaterThan(1);
        assertThat(said.toString()).startsWith(counting + " 9, 10, 11, 12, 13, 14,");
    }
}
