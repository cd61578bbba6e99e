package dev.corral.server.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.TestClient;
import dev.corral.server.http.HttpListener;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.Routes;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the page's files are served, on a small page of the tests. */
class ChatPageTest {

    private HttpListener listener;
    private TestClient client;

    @BeforeEach
    void start() throws IOException {
        open(PageFiles.in("sample"));
    }

    @AfterEach
    void stop() {
        client.close();
        listener.close();
    }

    private void open(PageFiles files) throws IOException {
        listener = HttpListener.open(HttpSettings.loopback(0), new Routes(List.of(new ChatPage(files))));
        client = TestClient.of(listener.address());
    }

    @Test
    void thePageLoadsFromItsOwnServerOnly() throws Exception {
        TestClient.Answer page = client.get("/");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.text()).contains("sample");
        assertThat(page.header("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.header("Cache-Control")).contains("no-cache");
        assertThat(page.header("X-Content-Type-Options")).contains("nosniff");
        assertThat(page.header("X-Frame-Options")).contains("DENY");
        assertThat(page.header("Referrer-Policy")).contains("no-referrer");
        assertThat(page.header("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe", "*", "http");
    }

    @Test
    void anAssetIsKeptForever() throws Exception {
        TestClient.Answer asset = client.get("/assets/a-1.js");
        assertThat(asset.text()).isEqualTo("export const n = 1\n");
        assertThat(asset.header("Content-Type")).contains("text/javascript; charset=utf-8");
        assertThat(asset.header("Cache-Control")).contains("public, max-age=31536000, immutable");
        assertThat(asset.header("Content-Encoding")).isEmpty();
        assertThat(asset.header("Vary")).contains("Origin, Accept-Encoding");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip, deflate, br|br",
                "gzip|gzip",
                "br;q=0, gzip;q=0.5|gzip",
                "BR|br",
                "deflate|''",
                "br;q=0.0|''"
            })
    void theSmallestFormThatIsAcceptedIsSent(String accepted, String sent) throws Exception {
        TestClient.Answer asset = client.get("/assets/a-1.js", "Accept-Encoding", accepted);
        assertThat(asset.header("Content-Encoding").orElse("")).isEqualTo(sent);
        assertThat(asset.text().equals("compressed")).isEqualTo(sent.equals("br"));
    }

    @Test
    void whatHasNotChangedIsNotSentAgain() throws Exception {
        String tag = client.get("/").header("ETag").orElseThrow();
        TestClient.Answer again = client.get("/", "If-None-Match", tag);
        assertThat(again.status()).isEqualTo(304);
        assertThat(again.text()).isEmpty();
        assertThat(client.get("/", "If-None-Match", "\"other\"").status()).isEqualTo(200);
    }

    @Test
    void aTagBelongsToOneForm() throws Exception {
        String plain = client.get("/assets/a-1.js").header("ETag").orElseThrow();
        assertThat(client.get("/assets/a-1.js", "Accept-Encoding", "br").header("ETag"))
                .isPresent()
                .isNotEqualTo(java.util.Optional.of(plain));
    }

    @ParameterizedTest
    @CsvSource({"/assets/b-2.js", "/assets/%2e%2e%2findex.html", "/assets/a-1.js.br", "/worker.js", "/index.html"})
    void nothingElseIsServed(String path) throws Exception {
        TestClient.Answer answer = client.get(path);
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.error().path("message").textValue()).startsWith("there is nothing at");
    }

    @Test
    void withoutABuiltPageAPlainOneSaysSo() throws Exception {
        stop();
        open(PageFiles.in("nowhere"));
        TestClient.Answer page = client.get("/");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.text()).contains("not part of this build");
    }
}
