package dev.corral.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Generate;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.testing.TinyImages;
import dev.corral.testing.TinySounds;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code /v1/audio/transcriptions}: its form, its shapes and its errors. */
public class TranscriptionsTest {

    private static final byte[] SOUND = TinySounds.wav(1, 1);

    /** Sends a form as curl does. */
    public static TestClient.Answer send(TestClient client, byte[] file, Map<String, String> fields)
            throws InterruptedException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(latin("--sep\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n"));
        body.writeBytes(file);
        fields.forEach((name, value) -> body.writeBytes(
                latin("\r\n--sep\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value)));
        body.writeBytes(latin("\r\n--sep--\r\n"));
        return client.send(
                client.request("/v1/audio/transcriptions", "Content-Type", "multipart/form-data; boundary=sep")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray())));
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static TestClient.Answer answer(FakeEngine engine, byte[] file, Map<String, String> fields)
            throws Exception {
        try (RunningServer running = RunningServer.of(engine)) {
            return send(running.client(), file, fields);
        }
    }

    @Test
    void theSoundIsInAConversation() throws Exception {
        FakeEngine engine = FakeEngine.saying("Hello", " you");
        TestClient.Answer answer =
                answer(engine, SOUND, Map.of("model", "fake", "temperature", "0.5", "language", "en"));
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.json().path("text").textValue()).isEqualTo("Hello you");
        assertThat(answer.json().path("usage").toString())
                .isEqualTo("{\"type\":\"tokens\",\"input_tokens\":7,\"output_tokens\":2,\"total_tokens\":9,"
                        + "\"input_tokens_details\":{\"cached_tokens\":3}}");
        Generate request = engine.next().request();
        assertThat(request.sampling().temperature()).isEqualTo(0.5);
        List<Prompt> parts = ((Prompt.Parts) request.prompt()).parts();
        assertThat(((Prompt.Text) parts.get(0)).text()).contains("Transcribe audio to text (language: en)");
        assertThat(((Prompt.Media) parts.get(1)).file()).isEqualTo(MediaFile.of("file", SOUND));
    }

    @Test
    void aPromptReplacesTheInstruction() throws Exception {
        FakeEngine engine = FakeEngine.saying("a");
        answer(engine, SOUND, Map.of("prompt", "42", "max_tokens", "3"));
        Generate request = engine.next().request();
        assertThat(((Prompt.Text) ((Prompt.Parts) request.prompt()).parts().getFirst()).text())
                .contains("\"42\"")
                .doesNotContain("Transcribe");
        assertThat(request.limits().maxTokens()).isEqualTo(3);
    }

    @Test
    void textAlone() throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("Hello"), SOUND, Map.of("response_format", "text"));
        assertThat(answer.header("Content-Type").orElseThrow()).startsWith("text/plain");
        assertThat(answer.text()).isEqualTo("Hello\n");
    }

    @Test
    void streams() throws Exception {
        List<JsonNode> events = answer(FakeEngine.saying("Hello", " you"), SOUND, Map.of("stream", "true"))
                .events();
        assertThat(events)
                .extracting(event -> event.path("type").textValue())
                .containsExactly("transcript.text.delta", "transcript.text.delta", "transcript.text.done");
        assertThat(events.get(1).path("delta").textValue()).isEqualTo(" you");
        assertThat(events.get(2).path("text").textValue()).isEqualTo("Hello you");
    }

    @ParameterizedTest
    @CsvSource({
        "temperature, hot, temperature, 400",
        "temperature, 1000, temperature, 400",
        "response_format, yaml, response_format, 400",
        "response_format, srt, response_format, 501",
        "stream, maybe, stream, 400",
        "model, whisper-1, whisper-1, 404"
    })
    void whatCannotBeIsNamed(String name, String value, String named, int status) throws Exception {
        TestClient.Answer answer = answer(FakeEngine.saying("a"), SOUND, Map.of(name, value));
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.errorMessage()).contains(named);
    }

    @Test
    void theFileMustBeASound() throws Exception {
        for (byte[] file : List.of(new byte[0], latin("no sound"), TinyImages.png(1))) {
            TestClient.Answer answer = answer(FakeEngine.saying("a"), file, Map.of());
            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.error().path("param").textValue()).isEqualTo("file");
        }
    }

    @Test
    void theBodyMustBeAForm() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            TestClient.Answer json = running.client().post("/v1/audio/transcriptions", "{\"file\": \"x\"}");
            assertThat(json.status()).isEqualTo(400);
            assertThat(json.errorMessage()).contains("multipart/form-data");
            TestClient.Answer none = running.client()
                    .post(
                            "/v1/audio/transcriptions",
                            "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nfake\r\n--b--",
                            "Content-Type",
                            "multipart/form-data; boundary=b");
            assertThat(none.status()).isEqualTo(400);
            assertThat(none.error().path("param").textValue()).isEqualTo("file");
        }
    }
}
