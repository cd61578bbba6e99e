package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.corral.server.FakeEngine;
import dev.corral.server.FakeGeneration;
import dev.corral.server.RawClient;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HTTPS with a certificate made for the test. */
class TlsTest {

    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private Path folder;

    /** A key pair in a store of its own. */
    private KeyStore generated(String algorithm, String name) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        algorithm,
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        keytool.getInputStream().readAllBytes();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD);
        }
        return keys;
    }

    private static String pem(String label, byte[] content) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + label
                + "-----\n";
    }

    private PemFiles files(KeyStore keys, boolean pkcs1) throws Exception {
        byte[] pkcs8 = keys.getKey("server", PASSWORD).getEncoded();
        // PKCS#8 of RSA is 26 bytes and the key itself
        String key =
                pkcs1 ? pem("RSA PRIVATE KEY", Arrays.copyOfRange(pkcs8, 26, pkcs8.length)) : pem("PRIVATE KEY", pkcs8);
        return new PemFiles(
                Files.writeString(folder.resolve("key.pem"), key),
                Files.writeString(
                        folder.resolve("certificate.pem"),
                        pem("CERTIFICATE", keys.getCertificate("server").getEncoded())));
    }

    private static SSLContext trusting(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", keys.getCertificate("server"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @ParameterizedTest
    @CsvSource({"RSA, false", "RSA, true", "EC, false", "Ed25519, false"})
    void answersByHttps(String algorithm, boolean pkcs1) throws Exception {
        KeyStore keys = generated(algorithm, algorithm);
        HttpSettings settings = HttpSettings.loopback(0).with(files(keys, pkcs1));
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"), settings, Defaults.standard());
                HttpClient http =
                        HttpClient.newBuilder().sslContext(trusting(keys)).build()) {
            assertThat(running.server().address().getScheme()).isEqualTo("https");
            TestClient client = new TestClient(running.server().address(), http);
            assertThat(client.get("/health").status()).isEqualTo(200);
            assertThat(client.post("/completion", "{\"prompt\": \"x\", \"stream\": true}")
                            .events())
                    .hasSize(2);
        }
    }

    @Test
    void aClientThatLeavesIsNoticed() throws Exception {
        KeyStore keys = generated("EC", "leaving");
        FakeEngine engine = new FakeEngine(generation -> {});
        HttpSettings settings = HttpSettings.loopback(0).with(files(keys, false));
        try (RunningServer running = RunningServer.of(engine, settings, Defaults.standard())) {
            FakeGeneration generation;
            try (SSLSocket socket = (SSLSocket) trusting(keys)
                    .getSocketFactory()
                    .createSocket("127.0.0.1", running.server().address().getPort())) {
                socket.getOutputStream()
                        .write(
                                "POST /completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{\"prompt\": \"x\"}"
                                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                generation = engine.next();
                assertThat(generation.isCancelled()).isFalse();
            }
            generation.awaitCancel();
        }
    }

    @Test
    void aHandshakeThatNeverComesIsGivenUp() throws Exception {
        KeyStore keys = generated("EC", "silent");
        Duration longTime = Duration.ofMinutes(5);
        HttpSettings settings = HttpSettings.loopback(0)
                .with(files(keys, false))
                .with(new TimeLimits(Duration.ofMillis(200), longTime, longTime, longTime));
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"), settings, Defaults.standard());
                RawClient silent = running.raw()) {
            silent.awaitEnd();
        }
    }

    @Test
    void filesThatDoNotFitAreNamed() throws Exception {
        PemFiles rsa = files(generated("RSA", "first"), false);
        Path certificate = Files.copy(rsa.certificate(), folder.resolve("rsa-certificate.pem"));
        PemFiles ec = files(generated("EC", "second"), false);
        assertThatIOException()
                .isThrownBy(new PemFiles(ec.key(), certificate)::check)
                .withMessageContaining("key.pem");
        Path garbage = Files.writeString(folder.resolve("garbage.pem"), "garbage");
        assertThatIOException()
                .isThrownBy(new PemFiles(garbage, certificate)::check)
                .withMessageContaining("garbage.pem has no private key");
        assertThatIOException()
                .isThrownBy(new PemFiles(ec.key(), garbage)::check)
                .withMessageContaining("garbage.pem");
        Path sec1 = Files.writeString(folder.resolve("sec1.pem"), pem("EC PRIVATE KEY", new byte[10]));
        assertThatIOException()
                .isThrownBy(new PemFiles(sec1, certificate)::check)
                .withMessageContaining("openssl");
        assertThatExceptionIsIo(folder.resolve("nowhere"), certificate);
    }

    private static void assertThatExceptionIsIo(Path key, Path certificate) {
        assertThatIOException()
                .isThrownBy(new PemFiles(key, certificate)::check)
                .withMessageContaining("nowhere");
    }
}
