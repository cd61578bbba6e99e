package dev.corral.server.petals;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.SocketClient;
import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Petals by WebSocket, before an engine that follows a script. */
class TalkTest {

    private static final String OPEN = "{'type': 'open_inference_session', 'model': 'fake', 'max_length': 512}";

    private RunningServer running;

    private SocketClient start(FakeEngine engine) throws Exception {
        return start(engine, PetalsSettings.STANDARD);
    }

    private SocketClient start(FakeEngine engine, PetalsSettings settings, String... headers) throws Exception {
        running = RunningServer.of(engine, HttpSettings.loopback(0), settings, EasyLmSettings.STANDARD);
        return open(headers);
    }

    private SocketClient open(String... headers) throws Exception {
        return SocketClient.open(running.client().http(), running.client().address(), "/api/v2/generate", headers);
    }

    @AfterEach
    void stop() {
        running.close();
    }

    /** Says these pieces and then what ended it. */
    private static FakeEngine saying(FinishReason reason, Optional<String> word, String... pieces) {
        return new FakeEngine(generation -> generation.start().say(pieces).finish(reason, word));
    }

    private static String promptOf(Generate request) {
        StringBuilder text = new StringBuilder();
        ((Prompt.Ids) request.prompt()).tokens().stream().forEach(token -> text.append((char) token));
        return text.toString();
    }

    private static String error(JsonNode message) {
        assertThat(message.path("ok").booleanValue()).isFalse();
        List<String> lines = message.path("traceback").textValue().lines().toList();
        assertThat(lines.getFirst()).isEqualTo("Traceback (most recent call last):");
        return lines.getLast();
    }

    @Test
    void messagesLookAsPythonWritesThem() throws Exception {
        try (SocketClient client = start(saying(FinishReason.LIMIT, Optional.empty(), "c", "ä", "😀"))) {
            client.say(OPEN).say("{'type': 'generate', 'inputs': 'A cat', 'max_new_tokens': 3}");
            assertThat(client.text()).isEqualTo("{\"ok\": true}");
            assertThat(client.text())
                    .isEqualToIgnoringCase(
                            "{\"ok\": true, \"outputs\": \"c\\u00e4\\ud83d\\ude00\", \"stop\": true, \"token_count\": 3}");
            assertThat(client.isSilent()).isTrue();
        }
    }

    @Test
    void aTextComesInChunksUpToItsStopSequence() throws Exception {
        FakeEngine engine = saying(FinishReason.STOP_STRING, Optional.of("\n"), "a", "b", "c", "d", "e", "\n");
        try (SocketClient client = start(engine)) {
            client.say(OPEN).say("{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 2, 'stop_sequence': '\\n'}");
            client.next();
            assertThat(client.text())
                    .isEqualTo("{\"ok\": true, \"outputs\": \"ab\", \"stop\": false, \"token_count\": 2}");
            assertThat(client.next().path("outputs").textValue()).isEqualTo("cd");
            assertThat(client.text())
                    .isEqualTo("{\"ok\": true, \"outputs\": \"e\\n\", \"stop\": true, \"token_count\": 2}");
            Generate request = engine.next().request();
            assertThat(request.stop()).containsExactly("\n");
            assertThat(request.output()).isEqualTo(Generate.Output.chunks(2));
        }
    }

    @Test
    void anExtraStopSequenceIsTakenForTheStopSequence() throws Exception {
        FakeEngine engine = saying(FinishReason.STOP_STRING, Optional.of("?"), "a", "?");
        try (SocketClient client = start(engine)) {
            String call = "{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 1, 'stop_sequence': '##',"
                    + " 'extra_stop_sequences': ['?']}";
            client.say(OPEN).say(call).say(call);
            client.next();
            assertThat(client.next().path("outputs").textValue()).isEqualTo("a");
            assertThat(client.text())
                    .isEqualTo("{\"ok\": true, \"outputs\": \"?\", \"stop\": true, \"token_count\": 1}");
            assertThat(promptOf(engine.next().request())).isEqualTo("x");
            assertThat(promptOf(engine.next().request())).isEqualTo("xa##x");
        }
    }

    @Test
    void theEndOfTheTextIsShown() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> generation
                .start()
                .say("a")
                .send(new Event.Delta(0, "E", Tokens.of('E'), List.of()))
                .finish(FinishReason.END_OF_TEXT, Optional.empty()));
        try (SocketClient client = start(engine)) {
            client.say(OPEN).say("{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 3}");
            client.next();
            assertThat(client.next().path("outputs").textValue()).isEqualTo("aE");
            client.say("{'type': 'generate', 'max_new_tokens': 3, 'stop_sequence': '</s>'}");
            assertThat(client.next().path("outputs").textValue()).isEqualTo("a</s>");
            assertThat(promptOf(engine.next().request())).isEqualTo("x");
            assertThat(promptOf(engine.next().request())).isEqualTo("xaE");
        }
    }

    @Test
    void messagesAreAnsweredInTheirOrder() throws Exception {
        FakeEngine engine = saying(FinishReason.LIMIT, Optional.empty(), "a");
        try (SocketClient client = start(engine)) {
            client.say(OPEN);
            for (String said : List.of("1", "2", "3")) {
                client.say("{'type': 'generate', 'inputs': '" + said + "', 'max_new_tokens': 1}");
            }
            client.next();
            for (String prompt : List.of("1", "1a2", "1a2a3")) {
                assertThat(client.next().path("outputs").textValue()).isEqualTo("a");
                assertThat(promptOf(engine.next().request())).isEqualTo(prompt);
            }
        }
    }

    @Test
    void maxLengthCountsTheWholeSession() throws Exception {
        FakeEngine engine = new FakeEngine(generation -> {
            generation.start();
            for (int i = 0; i < generation.request().limits().maxTokens(); i++) {
                generation.say("y");
            }
            generation.finish(FinishReason.LIMIT, Optional.empty());
        });
        try (SocketClient client = start(engine)) {
            client.say(OPEN)
                    .say("{'type': 'generate', 'inputs': 'abc', 'max_length': 5}")
                    .say("{'type': 'generate', 'inputs': 'de', 'max_length': 10}");
            client.next();
            assertThat(client.next().path("outputs").textValue()).isEqualTo("yy");
            assertThat(client.next().path("outputs").textValue()).isEqualTo("yyy");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 1}|AssertionError: ",
                "{'type': 'open_inference_session', 'model': 'fake'}|KeyError: 'max_length'",
                "{'type': 'open_inference_session', 'model': 'gpt-5', 'max_length': 9}|KeyError: 'gpt-5'",
                "{'type': 'open_inference_session', 'max_length': 0}|ValueError: ",
                "no JSON|ValueError: ",
                "[1]|ValueError: "
            })
    void aWrongOpeningIsToldAndEndsTheConnection(String message) throws Exception {
        String[] parts = message.split("\\|");
        try (SocketClient client = start(FakeEngine.saying("a"))) {
            client.say(parts[0]);
            assertThat(error(client.next())).startsWith(parts[1]);
            assertThat(client.awaitClose()).isEqualTo(1000);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type': 'open_inference_session', 'max_length': 9}|AssertionError: ",
                "{'type': 'generate', 'inputs': 'x'}|AssertionError: please set max_length or max_new_tokens (not both)",
                "{'type': 'generate', 'inputs': 7, 'max_new_tokens': 1}|ValueError: ",
                "{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 1, 'top_p': 7}|ValueError: ",
                "{'type': 'generate', 'inputs': 'x', 'max_new_tokens': 1, 'extra_stop_sequences': ['a']}|ValueError: "
            })
    void aWrongCallIsToldAndEndsTheConnection(String message) throws Exception {
        String[] parts = message.split("\\|");
        try (SocketClient client = start(FakeEngine.saying("a"))) {
            client.say(OPEN).say(parts[0]);
            client.next();
            assertThat(error(client.next())).startsWith(parts[1]);
            assertThat(client.awaitClose()).isEqualTo(1000);
        }
    }

    @Test
    void aSilentClientIsToldSo() throws Exception {
        PetalsSettings impatient = new PetalsSettings(50, Duration.ofMillis(50), List.of());
        try (SocketClient client = start(FakeEngine.saying("a"), impatient)) {
            assertThat(error(client.next())).startsWith("TypeError: ");
            assertThat(client.awaitClose()).isEqualTo(1000);
        }
    }

    @Test
    void aModelThatIsNotPublicIsThereForThePage() throws Exception {
        ModelConfig closed = new ModelConfig(
                "Closed", "org/closed", Optional.empty(), List.of(), false, Json.object(), Json.object());
        PetalsSettings settings = new PetalsSettings(50, Duration.ofMinutes(5), List.of(closed));
        String opening = "{'type': 'open_inference_session', 'model': 'org/closed', 'max_length': 9}";
        try (SocketClient stranger = start(FakeEngine.saying("a"), settings);
                SocketClient page = open("Origin", running.client().address().toString())) {
            assertThat(error(stranger.say(opening).next())).contains("We do not provide public API for org/closed");
            assertThat(page.say(opening).text()).isEqualTo("{\"ok\": true}");
        }
    }
}
