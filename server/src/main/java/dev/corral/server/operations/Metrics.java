package dev.corral.server.operations;

import static dev.corral.server.operations.MetricsText.Type.COUNTER;
import static dev.corral.server.operations.MetricsText.Type.GAUGE;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.EngineStats;
import dev.corral.engine.FinishReason;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.engine.SlotState;
import dev.corral.server.http.Exchange;
import dev.corral.server.model.ModelGate;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * {@code GET /metrics}: what llama-server reports, by its names ({@code llamacpp:}), and what vLLM does, by its ({@code
 * vllm:}) and with its label {@code model_name}, as far as both mean something here. Thread-safe.
 */
final class Metrics {

    static final String VLLM = "vllm:";

    private static final String LLAMA_CPP = "llamacpp:";
    private static final System.Logger LOG = System.getLogger("dev.corral.server");
    private static final String LOADED = "corral:model_loaded";
    private static final String START = "Process-Start-Time-Unix";
    private static final double NANOS_A_SECOND = 1e9;

    /** Tokens and the time they took, so far. */
    private record Work(long tokens, long nanos) {
        private static final Work NONE = new Work(0, 0);

        /** Tokens a second since {@code before}; from the beginning where an engine has begun anew. */
        private double rateSince(Work before) {
            Work from = tokens < before.tokens || nanos < before.nanos ? NONE : before;
            return nanos == from.nanos ? 0 : (tokens - from.tokens) * NANOS_A_SECOND / (nanos - from.nanos);
        }
    }

    private final ModelGate gate;
    private final RequestMeter meter;
    private final String[] own;
    private Work lastPrompt = Work.NONE;
    private Work lastGenerated = Work.NONE;

    /** @param own labels of llama-server's metrics, which has none: names and values in turn */
    Metrics(ModelGate gate, RequestMeter meter, String... own) {
        this.gate = gate;
        this.meter = meter;
        this.own = own;
    }

    /** One of several models. */
    Metrics(MeteredModel model) {
        this(model.gate(), model.meter(), "model", model.name());
    }

    /** Of the only model of a server. */
    void reply(Exchange exchange) throws InterruptedException {
        MetricsText text = new MetricsText();
        writeTo(text, gate.engine());
        reply(exchange, text);
    }

    /** Of those of several models that are loaded. */
    static void reply(Exchange exchange, List<MeteredModel> models, Function<MeteredModel, Metrics> metrics)
            throws InterruptedException {
        MetricsText text = new MetricsText();
        for (MeteredModel model : models) {
            Optional<Engine> engine = model.gate().present();
            text.single(
                    LOADED,
                    GAUGE,
                    "Whether a model is in memory",
                    engine.isPresent() ? 1 : 0,
                    "model_name",
                    model.name());
            if (engine.isPresent()) {
                try {
                    metrics.apply(model).writeTo(text, engine.get());
                } catch (EngineException e) {
                    LOG.log(Level.DEBUG, "a model left while its metrics were asked for: {0}", e.getMessage());
                }
            }
        }
        reply(exchange, text);
    }

    private static void reply(Exchange exchange, MetricsText text) {
        ProcessHandle.current()
                .info()
                .startInstant()
                .map(Instant::getEpochSecond)
                .ifPresent(start -> exchange.header(START, Long.toString(start)));
        exchange.replyText(MetricsText.CONTENT_TYPE, text.toString());
    }

    private void writeTo(MetricsText text, Engine engine) throws InterruptedException {
        EngineStats stats = engine.stats();
        List<SlotState> slots = engine.ask(new Query.Slots()).slots();
        // asked of the engine: its statistics may be a few steps old
        long running = slots.stream().filter(SlotState::running).count();
        writeLlamaCpp(text, stats, running);
        writeVllm(text, engine.model(), stats, slots, running);
    }

    private void writeLlamaCpp(MetricsText text, EngineStats stats, long running) {
        counter(text, "prompt_tokens_total", "Prompt tokens computed", stats.promptTokensEvaluated());
        counter(
                text,
                "prompt_tokens_cached_total",
                "Prompt tokens that a cached prefix spared",
                stats.promptTokensReused());
        counter(text, "prompt_seconds_total", "Time of steps that read prompts", seconds(stats.promptNanos()));
        counter(text, "tokens_predicted_total", "Tokens generated", stats.tokensGenerated());
        counter(
                text,
                "tokens_predicted_seconds_total",
                "Time of steps that only generated",
                seconds(stats.generationNanos()));
        counter(text, "n_decode_total", "Steps computed", stats.steps());
        gauge(text, "n_tokens_max", "Tokens of the longest completion with its prompt", meter.longest());
        EngineStats.Drafts drafts = stats.drafts();
        counter(text, "spec_decode_num_draft_tokens_total", "Tokens drafted", drafts.tokens());
        counter(text, "spec_decode_num_accepted_tokens_total", "Drafted tokens that became output", drafts.accepted());
        counter(text, "spec_decode_num_drafts_total", "Steps that checked drafts", drafts.steps());
        writeRates(text, stats);
        gauge(text, "requests_processing", "Completions in a slot", running);
        gauge(text, "requests_deferred", "Completions that wait for a slot", stats.queued());
        gauge(
                text,
                "n_busy_slots_per_decode",
                "Completions computed in a step, on average",
                stats.completionSteps() / Math.max(1.0, stats.steps()));
    }

    /** Averages since they were asked for last. */
    private synchronized void writeRates(MetricsText text, EngineStats stats) {
        Work prompt = new Work(stats.promptTokensEvaluated(), stats.promptNanos());
        Work generated = new Work(stats.tokensGenerated(), stats.generationNanos());
        gauge(
                text,
                "prompt_tokens_seconds",
                "Prompt tokens a second since the last scrape",
                prompt.rateSince(lastPrompt));
        gauge(
                text,
                "predicted_tokens_seconds",
                "Tokens generated a second since the last scrape",
                generated.rateSince(lastGenerated));
        lastPrompt = prompt;
        lastGenerated = generated;
    }

    private void writeVllm(MetricsText text, ModelInfo model, EngineStats stats, List<SlotState> slots, long running) {
        String[] labels = {"model_name", model.name(), "engine", "0"};
        text.single(VLLM + "num_requests_running", GAUGE, "Completions in a slot", running, labels)
                .single(
                        VLLM + "num_requests_waiting",
                        GAUGE,
                        "Completions that wait for a slot",
                        stats.queued(),
                        labels)
                .single(
                        VLLM + "kv_cache_usage_perc",
                        GAUGE,
                        "Part of the KV cache's cells that running completions need, " + "from 0 to 1",
                        usage(stats, slots),
                        labels)
                .single(
                        VLLM + "prefix_cache_queries_total",
                        COUNTER,
                        "Prompt tokens looked up in the prefix cache",
                        stats.promptTokensEvaluated() + stats.promptTokensReused(),
                        labels)
                .single(
                        VLLM + "prefix_cache_hits_total",
                        COUNTER,
                        "Prompt tokens found there",
                        stats.promptTokensReused(),
                        labels)
                .single(
                        VLLM + "num_preemptions_total",
                        COUNTER,
                        "Completions that had to make room and came back",
                        stats.preemptions(),
                        labels)
                .single(
                        VLLM + "prompt_tokens_total",
                        COUNTER,
                        "Prompt tokens computed",
                        stats.promptTokensEvaluated(),
                        labels)
                .single(VLLM + "generation_tokens_total", COUNTER, "Tokens generated", stats.tokensGenerated(), labels);
        String ended = VLLM + "request_success_total";
        text.family(ended, COUNTER, "Completions that ended, by why");
        long stopped = meter.ended(FinishReason.END_OF_TEXT) + meter.ended(FinishReason.STOP_STRING);
        long full = meter.ended(FinishReason.LIMIT) + meter.ended(FinishReason.CONTEXT_FULL);
        endings(text, ended, model, "stop", stopped);
        endings(text, ended, model, "length", full);
        endings(text, ended, model, "abort", meter.ended(FinishReason.CANCELLED));
        text.single(
                VLLM + "cache_config_info",
                GAUGE,
                "The KV cache: a block is a cell, which holds a token",
                1,
                "block_size",
                "1",
                "num_gpu_blocks",
                Integer.toString(stats.cells()),
                "enable_prefix_caching",
                "True",
                "engine",
                "0",
                "model_name",
                model.name());
        text.single(
                VLLM + "lora_requests_info",
                GAUGE,
                "LoRA adapters of requests; the value is the time, in seconds since 1970",
                System.currentTimeMillis() / 1000.0,
                "running_lora_adapters",
                meter.runningAdapters(),
                "waiting_lora_adapters",
                meter.waitingAdapters(),
                "max_lora",
                Integer.toString(model.slots()),
                "model_name",
                model.name());
        meter.writeTo(text, labels);
    }

    private static void endings(MetricsText text, String name, ModelInfo model, String reason, long count) {
        text.sample(name, count, "model_name", model.name(), "engine", "0", "finished_reason", reason);
    }

    private static double usage(EngineStats stats, List<SlotState> slots) {
        long tokens = slots.stream()
                .filter(SlotState::running)
                .mapToLong(SlotState::tokens)
                .sum();
        return stats.cells() == 0 ? 0 : Math.min(1, (double) tokens / stats.cells());
    }

    private void counter(MetricsText text, String name, String help, double value) {
        text.single(LLAMA_CPP + name, COUNTER, help, value, own);
    }

    private void gauge(MetricsText text, String name, String help, double value) {
        text.single(LLAMA_CPP + name, GAUGE, help, value, own);
    }

    private static double seconds(long nanos) {
        return nanos / NANOS_A_SECOND;
    }
}
