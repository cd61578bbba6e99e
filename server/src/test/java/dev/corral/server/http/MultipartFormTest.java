package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartFormTest {

    private static final String TYPE = "multipart/form-data; boundary=\"a b\"";
    private static final String HEAD = "--a b\r\nContent-Disposition: form-data; name=";

    private static MultipartForm parse(String body) {
        return MultipartForm.parse(TYPE, body.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aFileKeepsItsBytes() {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        String content = new String(all, StandardCharsets.ISO_8859_1);
        MultipartForm form =
                parse("preamble\r\n" + HEAD + "\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n"
                        + content + "\r\n" + HEAD + "model\r\n\r\ndefault\r\n--a b--\r\n");
        assertThat(Arrays.equals(form.files().get("file"), all)).isTrue();
        assertThat(form.texts()).containsOnlyKeys("model").containsValue("default");
    }

    @Test
    void textsAreWhatTheyAreWrittenAs() {
        MultipartForm form = parse(HEAD + "\"temperature\"\r\n\r\n0.5\r\n" + HEAD + "\"stream\"\r\n\r\ntrue\r\n" + HEAD
                + "\"prompt\"\r\n\r\n12\r\n" + HEAD + "\"stop\"\r\n\r\n{x\r\n--a b--");
        Fields fields = form.fields(Set.of("prompt"));
        assertThat(fields.decimal("temperature", dev.corral.engine.Range.of(0, 1), 0))
                .isEqualTo(0.5);
        assertThat(fields.flag("stream", false)).isTrue();
        assertThat(fields.text("prompt")).contains("12");
        assertThat(fields.texts("stop")).containsExactly("{x");
    }

    @Test
    void theFirstOfSeveralCounts() {
        assertThat(parse(HEAD + "a\r\n\r\n1\r\n" + HEAD + "a\r\n\r\n2\r\n--a b--")
                        .texts())
                .containsEntry("a", "1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--a b",
                "--a b--",
                "no form at all",
                HEAD + "a\r\n\r\n1",
                HEAD + "a\r\n\r\n1\r\n",
                HEAD + "a",
                "--a b\r\nContent-Type: text/plain\r\n\r\n1\r\n--a b--"
            })
    void whatBreaksOffIsRefused(String body) {
        assertThatThrownBy(() -> parse(body)).isInstanceOf(ApiException.class);
    }

    @Test
    void headsAndFieldsAreLimited() {
        String head = HEAD + "a; filename=\"" + "x".repeat(10_000) + "\"\r\n\r\n1\r\n--a b--";
        assertThatThrownBy(() -> parse(head)).isInstanceOf(ApiException.class);
        String many = (HEAD + "a\r\n\r\n1\r\n").repeat(1001) + "--a b--";
        assertThatThrownBy(() -> parse(many)).isInstanceOf(ApiException.class).hasMessageContaining("1000");
    }

    @ParameterizedTest
    @CsvSource({
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=b"
    })
    void whatIsNoFormIsRefused(String type) {
        assertThatThrownBy(() -> MultipartForm.parse(type, new byte[] {'{', '}'}))
                .isInstanceOf(ApiException.class);
    }
}
