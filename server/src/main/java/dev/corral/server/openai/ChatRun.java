package dev.corral.server.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.generation.LiveTimings;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.EventStream;
import dev.corral.server.http.Exchange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs a {@link ChatRequest} and tells its client of it: all at the end, or chunk by chunk. */
final class ChatRun implements Generations.Reader {

    /** Writes what a chunk says of its choice. */
    @FunctionalInterface
    private interface Delta {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private final Exchange exchange;
    private final ChatRequest request;
    private final ChatAnswer answer;
    private final List<Completion> completions = new ArrayList<>();
    private final boolean[] begun;
    private final LiveTimings live = new LiveTimings();
    private int promptTokens;
    private int cachedTokens;
    private int unfinished;

    private ChatRun(Exchange exchange, ChatRequest request, ChatAnswer answer) {
        this.exchange = exchange;
        this.request = request;
        this.answer = answer;
        this.unfinished = request.generate().completions();
        this.begun = new boolean[unfinished];
        for (int i = 0; i < unfinished; i++) {
            completions.add(new Completion());
        }
    }

    static void answer(Exchange exchange, Engine engine, ChatRequest request) throws InterruptedException {
        ChatRun run = new ChatRun(
                exchange,
                request,
                ChatAnswer.by(request.model().orElse(engine.model().name()), engine.model()));
        Generations.run(exchange, engine, List.of(request.generate()), request.beat(), run);
        if (request.stream()) {
            exchange.events().sendWord("[DONE]");
        } else {
            exchange.reply(run.answer.complete(request, run.completions));
        }
    }

    @Override
    public void read(int prompt, Event event) {
        switch (event) {
            case Event.Queued _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Started started -> {
                promptTokens = started.promptTokens();
                cachedTokens = started.cachedTokens();
                live.started();
            }
            case Event.Progress progress -> {
                if (request.stream()) {
                    exchange.events().send(json -> writeProgress(json, progress));
                }
            }
            case Event.Delta delta -> {
                completions.get(delta.index()).add(delta, !request.stream());
                live.advanced();
                if (request.stream()) {
                    begin(delta.index());
                    exchange.events().send(json -> writeDelta(json, delta));
                }
            }
            case Event.Finished finished -> {
                completions.get(finished.index()).finish(finished);
                unfinished--;
                if (request.stream()) {
                    begin(finished.index());
                    end(finished);
                }
            }
        }
    }

    @Override
    public void silence() {
        if (request.stream()) {
            exchange.events().beat();
        }
    }

    /** A choice's first chunk says who speaks. */
    private void begin(int index) {
        if (begun[index]) {
            return;
        }
        begun[index] = true;
        exchange.events().send(json -> {
            open(json);
            choice(json, index, delta -> {
                delta.writeStringField("role", "assistant");
                delta.writeStringField("content", "");
            });
            json.writeNullField("finish_reason");
            close(json);
            json.writeEndObject();
        });
    }

    private void end(Event.Finished finished) {
        EventStream events = exchange.events();
        boolean last = unfinished == 0;
        events.send(json -> {
            open(json);
            choice(json, finished.index(), _ -> {});
            json.writeStringField("finish_reason", ChatAnswer.finishReason(finished.reason()));
            close(json);
            if (last && !request.includeUsage()) {
                writeTree(json, "timings", ChatAnswer.timings(completions.getFirst()));
            }
            json.writeEndObject();
        });
        if (last && request.includeUsage()) {
            events.send(json -> {
                writeHead(json);
                json.writeArrayFieldStart("choices");
                json.writeEndArray();
                writeTree(json, "usage", ChatAnswer.usage(completions));
                writeTree(json, "timings", ChatAnswer.timings(completions.getFirst()));
                json.writeEndObject();
            });
        }
    }

    private void writeDelta(JsonGenerator json, Event.Delta delta) throws IOException {
        open(json);
        choice(json, delta.index(), field -> field.writeStringField("content", delta.text()));
        if (!delta.logprobs().isEmpty()) {
            json.writeObjectFieldStart("logprobs");
            writeTree(json, "content", ChatAnswer.logprobs(request, delta.logprobs()));
            json.writeEndObject();
        }
        json.writeNullField("finish_reason");
        close(json);
        if (request.timingsPerToken()) {
            int tokens = completions.get(delta.index()).tokenCount();
            writeTree(
                    json,
                    "timings",
                    TimingsJson.of(promptTokens, cachedTokens, tokens, live.now())
                            .toJson());
        }
        json.writeEndObject();
    }

    private void writeProgress(JsonGenerator json, Event.Progress progress) throws IOException {
        open(json);
        choice(json, 0, _ -> {});
        json.writeNullField("finish_reason");
        close(json);
        json.writeObjectFieldStart("prompt_progress");
        json.writeNumberField("total", progress.promptTokens());
        json.writeNumberField("cache", progress.cachedTokens());
        json.writeNumberField("processed", progress.processedTokens());
        json.writeNumberField("time_ms", progress.nanos() / 1_000_000);
        json.writeEndObject();
        json.writeEndObject();
    }

    /** A chunk up to the inside of its choice. */
    private void open(JsonGenerator json) throws IOException {
        writeHead(json);
        json.writeArrayFieldStart("choices");
        json.writeStartObject();
    }

    private static void choice(JsonGenerator json, int index, Delta delta) throws IOException {
        json.writeNumberField("index", index);
        json.writeObjectFieldStart("delta");
        delta.writeTo(json);
        json.writeEndObject();
    }

    /** From the inside of a chunk's choice to the end of its choices. */
    private void close(JsonGenerator json) throws IOException {
        json.writeEndObject();
        json.writeEndArray();
        if (request.includeUsage()) {
            json.writeNullField("usage");
        }
    }

    private void writeHead(JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", answer.id());
        json.writeStringField("object", "chat.completion.chunk");
        json.writeNumberField("created", answer.created());
        json.writeStringField("model", answer.model());
        json.writeStringField("system_fingerprint", answer.fingerprint());
    }

    private static void writeTree(JsonGenerator json, String name, JsonNode tree) throws IOException {
        json.writeFieldName(name);
        json.writeTree(tree);
    }
}
