package dev.corral.server.operations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Prompt;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class MetricsTest {

    private static Generate withAdapter(String name) {
        return Generate.of(Prompt.text("x")).with(AdapterSet.of(name, 1));
    }

    private static void readAll(Generation generation) throws InterruptedException {
        while (!generation.ended()) {
            generation.next();
        }
    }

    @Test
    void whatAGenerationDoesIsCounted() throws InterruptedException {
        RequestMeter meter = new RequestMeter();
        try (MeteredEngine engine = new MeteredEngine(FakeEngine.saying("a", "b", "c"), meter)) {
            readAll(engine.submit(Generate.of(Prompt.text("x"))));
            readAll(engine.submit(Generate.of(Prompt.text("x"))));
        }
        MetricsText text = new MetricsText();
        meter.writeTo(text, "model_name", "m");
        assertThat(text.toString())
                .contains("vllm:time_to_first_token_seconds_count{model_name=\"m\"} 2\n")
                .contains("vllm:inter_token_latency_seconds_count{model_name=\"m\"} 4\n")
                .contains("vllm:e2e_request_latency_seconds_bucket{model_name=\"m\",le=\"+Inf\"} 2\n")
                .contains("vllm:request_prefill_time_seconds_sum{model_name=\"m\"} 0.016\n");
        assertThat(meter.ended(FinishReason.END_OF_TEXT)).isEqualTo(2);
        assertThat(meter.longest()).isEqualTo(10);
    }

    @Test
    void adaptersAreNamedWhileTheyAreWaitedForAndUsed() throws InterruptedException {
        RequestMeter meter = new RequestMeter();
        CountDownLatch begin = new CountDownLatch(1);
        FakeEngine fake = new FakeEngine(generation -> {
            begin.await();
            generation.start().say("a").finish();
        });
        try (MeteredEngine engine = new MeteredEngine(fake, meter)) {
            Generation first = engine.submit(withAdapter("one"));
            Generation second = engine.submit(withAdapter("two"));
            assertThat(meter.waitingAdapters()).isEqualTo("one,two");
            second.cancel();
            second.cancel();
            assertThat(meter.waitingAdapters()).isEqualTo("one");
            begin.countDown();
            first.next(); // it is queued
            first.next(); // it is in a slot
            assertThat(meter.runningAdapters()).isEqualTo("one");
            assertThat(meter.waitingAdapters()).isEmpty();
            readAll(first);
            assertThat(meter.runningAdapters()).isEmpty();
            first.close();
            assertThat(meter.runningAdapters()).isEmpty();
        }
    }

    @Test
    void aHistogramAddsUp() {
        Histogram histogram = new Histogram(1, 2);
        histogram.observe(1, 1);
        histogram.observe(1.5, 2);
        histogram.observe(9, 1);
        MetricsText text = new MetricsText();
        histogram.writeTo(text, "h");
        assertThat(text.toString())
                .isEqualTo(
                        "h_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 3\nh_bucket{le=\"+Inf\"} 4\nh_sum 13\nh_count 4\n");
    }

    @Test
    void aLabelIsWrittenSafely() {
        assertThat(new MetricsText().sample("m", 0.5, "l", "a\\b\"c\nd").toString())
                .isEqualTo("m{l=\"a\\\\b\\\"c\\nd\"} 0.5\n");
    }

    @Test
    void theyNeedAKeyWhereThereIsOne() throws Exception {
        HttpSettings keyed = HttpSettings.loopback(0).withApiKeys(List.of("secret"));
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"), keyed, Defaults.standard())) {
            assertThat(running.client().get("/metrics").status()).isEqualTo(401);
            TestClient.Answer answer = running.client().get("/metrics", "Authorization", "Bearer secret");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).contains("text/plain; version=0.0.4; charset=utf-8");
            assertThat(answer.header("Process-Start-Time-Unix")).isPresent();
            assertThat(answer.text())
                    .contains("# TYPE llamacpp:requests_deferred gauge\nllamacpp:requests_deferred 0\n")
                    .contains("vllm:num_requests_waiting{model_name=\"fake\",engine=\"0\"} 0\n");
        }
    }
}
