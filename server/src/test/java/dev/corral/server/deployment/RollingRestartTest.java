package dev.corral.server.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.server.Conditions;
import dev.corral.server.TestClient;
import dev.corral.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas are replaced one after the other, while clients ask without a pause. */
class RollingRestartTest {

    private static final int CLIENTS = 2;
    private static final int TOKENS = 24;
    private static final String BODY =
            "{\"prompt\": \"one two three\", \"n_predict\": " + TOKENS + ", \"ignore_eos\": true, \"stream\": %s}";

    @TempDir
    private Path folder;

    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicBoolean enough = new AtomicBoolean();

    /** Asks until it is enough; each answer must be whole. */
    private void ask(Balancer balancer, boolean stream) throws InterruptedException {
        try (TestClient client = TestClient.of(balancer.address())) {
            while (!enough.get()) {
                TestClient.Answer answer = client.post("/completion", BODY.formatted(stream));
                assertThat(answer.status()).as(answer.text()).isEqualTo(200);
                var last = stream ? answer.events().getLast() : answer.json();
                assertThat(last.path("stop").asBoolean()).as(answer.text()).isTrue();
                assertThat(last.path("tokens_predicted").asInt())
                        .as(answer.text())
                        .isEqualTo(TOKENS);
                answered.incrementAndGet();
            }
        }
    }

    private Replica replica(Balancer balancer, Path model) throws Exception {
        Replica replica = Replica.start(model, "-c", "512", "-np", "2", "-t", "1", "--grace", "30");
        balancer.add(replica.address());
        Conditions.await("the balancer sees the replica", () -> balancer.isReady(replica.address()));
        return replica;
    }

    private void awaitAnswers(int more) throws Exception {
        int wanted = answered.get() + more;
        Conditions.await(more + " answers more", () -> answered.get() >= wanted);
    }

    @Test
    void losesNoRequest() throws Exception {
        Path model = TinyModels.llama(folder);
        List<Replica> replicas = new ArrayList<>();
        try (Balancer balancer = new Balancer();
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            replicas.add(replica(balancer, model));
            replicas.add(replica(balancer, model));
            List<Future<?>> asking = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                boolean stream = i % 2 == 0;
                asking.add(clients.submit(() -> {
                    ask(balancer, stream);
                    return null;
                }));
            }
            try {
                awaitAnswers(20);
                for (Replica old : List.copyOf(replicas)) {
                    replicas.add(replica(balancer, model));
                    assertThat(old.end()).as(() -> old.output().toString()).isZero();
                    balancer.remove(old.address());
                    awaitAnswers(20);
                }
            } finally {
                enough.set(true);
            }
            for (Future<?> client : asking) {
                client.get(); // fails as the client did
            }
        } finally {
            replicas.forEach(Replica::close);
        }
    }
}
