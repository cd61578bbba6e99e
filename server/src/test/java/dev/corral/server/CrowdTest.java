package dev.corral.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Prompt;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Far more clients than there are slots. */
class CrowdTest {

    private static final int MANY = 1_000;
    private static final int QUEUE = 60;
    private static final String HEALTH = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private static final String BODY =
            "{\"prompt\": \"Once\", \"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}],"
                    + " \"n_predict\": 2, \"temperature\": 0, \"stream\": true}";

    private enum Outcome {
        ANSWERED,
        REFUSED
    }

    private static Outcome stream(RunningServer running, String path) throws IOException {
        try (RawClient client = running.raw().post(path, BODY)) {
            String head = client.readTo("\r\n\r\n");
            if (head.startsWith("HTTP/1.1 200")) {
                String end = path.equals("/completion") ? "\"stop\":true" : "data: [DONE]";
                assertThat(client.readTo("\r\n0\r\n\r\n")).containsOnlyOnce(end);
                return Outcome.ANSWERED;
            }
            assertThat(head).startsWith("HTTP/1.1 503").contains("Retry-After: ");
            assertThat(client.readTo("}}")).startsWith("{\"error\":{").contains("unavailable_error");
            return Outcome.REFUSED;
        }
    }

    @Test
    void aThousandIdleAndAThousandStreamingConnectionsAreEachAnsweredOrRefused() throws Exception {
        LocalEngine engine = LocalEngine.open(
                LocalEngineOptions.builder(Path.of(System.getProperty("corral.test.model")))
                        .contextSize(1024)
                        .slots(4)
                        .threads(2)
                        .queueLimit(QUEUE)
                        .build(),
                _ -> {});
        List<RawClient> idle = new ArrayList<>();
        try (RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), Defaults.standard());
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < MANY; i++) {
                idle.add(running.raw());
                idle.getLast().send(HEALTH).readResponse();
            }
            List<Future<Outcome>> streams = new ArrayList<>();
            for (int i = 0; i < MANY; i++) {
                String path = i % 2 == 0 ? "/completion" : "/v1/chat/completions";
                streams.add(clients.submit(() -> stream(running, path)));
            }
            assertThat(count(streams, Outcome.ANSWERED)).isGreaterThanOrEqualTo(QUEUE);
            assertThat(count(streams, Outcome.REFUSED)).isPositive();
            for (RawClient client : idle) {
                assertThat(client.send(HEALTH).readResponse()).startsWith("HTTP/1.1 200");
            }
        } finally {
            for (RawClient client : idle) {
                client.close();
            }
        }
    }

    @Test
    void aThousandStreamsAtOnceEachSayWhatTheyWereAsked() throws Exception {
        CountDownLatch streaming = new CountDownLatch(MANY);
        FakeEngine engine = new FakeEngine(generation -> {
            String said = ((Prompt.Text) generation.request().prompt()).text();
            generation.start().say(said);
            streaming.countDown();
            streaming.await();
            generation.say(said).finish();
        });
        List<RawClient> clients = new ArrayList<>();
        try (RunningServer running = RunningServer.of(engine)) {
            for (int i = 0; i < MANY; i++) {
                clients.add(running.raw().post("/completion", "{\"prompt\": \"number " + i + "\", \"stream\": true}"));
            }
            for (int i = 0; i < MANY; i++) {
                assertThat(clients.get(i).readTo("\r\n0\r\n\r\n").split("\"content\":\"number " + i + "\"", -1))
                        .hasSize(3);
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    private static long count(List<Future<Outcome>> streams, Outcome outcome)
            throws InterruptedException, ExecutionException {
        long count = 0;
        for (Future<Outcome> stream : streams) {
            count += stream.get() == outcome ? 1 : 0;
        }
        return count;
    }
}
