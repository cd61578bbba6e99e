package dev.corral.server.llamacpp;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.generation.LiveTimings;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Runs a {@link CompletionRequest} and tells its client of it: all at the end, or event by event. */
final class CompletionRun implements Generations.Reader {

    /** What is known of one prompt's generation. */
    private static final class Progress {
        private final List<Completion> completions = new ArrayList<>();
        private final LiveTimings timings = new LiveTimings();
        private int slot = -1;
        private int promptTokens;
        private int cachedTokens;
    }

    private final Exchange exchange;
    private final Engine engine;
    private final CompletionRequest request;
    private final List<Progress> progress = new ArrayList<>();
    private final int each;

    private CompletionRun(Exchange exchange, Engine engine, CompletionRequest request) {
        this.exchange = exchange;
        this.engine = engine;
        this.request = request;
        this.each = request.common().completions();
        for (int i = 0; i < request.generates().size(); i++) {
            Progress one = new Progress();
            for (int j = 0; j < each; j++) {
                one.completions.add(new Completion());
            }
            progress.add(one);
        }
    }

    static void answer(Exchange exchange, Engine engine, CompletionRequest request) throws InterruptedException {
        CompletionRun run = new CompletionRun(exchange, engine, request);
        Generations.run(exchange, engine, request.generates(), request.beat(), run);
        if (!request.stream()) {
            run.reply();
        }
    }

    @Override
    public void read(int prompt, Event event) throws InterruptedException {
        Progress one = progress.get(prompt);
        switch (event) {
            case Event.Queued _, Event.PromptLogprobs _ -> {}
            case Event.Started started -> {
                one.slot = started.slot();
                if (prompt == 0) {
                    ConversationCookie.tell(exchange, started.slot());
                }
                one.promptTokens = started.promptTokens();
                one.cachedTokens = started.cachedTokens();
                one.timings.started();
                if (request.stream() && request.common().output().progress()) {
                    exchange.events().send(json -> writePrefill(json, prompt, one, started.progress()));
                }
            }
            case Event.Progress prefill -> {
                if (request.stream()) {
                    exchange.events().send(json -> writePrefill(json, prompt, one, prefill));
                }
            }
            case Event.Delta delta -> {
                Completion completion = one.completions.get(delta.index());
                completion.add(delta, !request.stream());
                one.timings.advanced();
                if (request.stream()) {
                    exchange.events().send(json -> writeDelta(json, prompt, one, delta));
                }
            }
            case Event.Finished finished -> {
                one.completions.get(finished.index()).finish(finished);
                if (request.stream()) {
                    ObjectNode result = result(prompt, finished.index());
                    exchange.events().send(json -> json.writeTree(result));
                }
            }
            case Event.Failed _ -> {}
        }
    }

    @Override
    public void silence() {
        if (request.stream()) {
            exchange.events().beat();
        }
    }

    private void reply() throws InterruptedException {
        ArrayNode results = Json.array();
        for (int prompt = 0; prompt < progress.size(); prompt++) {
            for (int completion = 0; completion < each; completion++) {
                results.add(result(prompt, completion));
            }
        }
        exchange.reply(results.size() == 1 ? results.get(0) : results);
    }

    private ObjectNode result(int prompt, int completion) throws InterruptedException {
        Progress one = progress.get(prompt);
        return CompletionResult.of(
                request,
                engine.model(),
                prompt * each + completion,
                one.slot,
                textOf(engine, request.prompts().get(prompt)),
                one.completions.get(completion));
    }

    private void writeDelta(JsonGenerator json, int prompt, Progress one, Event.Delta delta) throws IOException {
        Completion completion = one.completions.get(delta.index());
        json.writeStartObject();
        json.writeNumberField("index", prompt * each + delta.index());
        json.writeStringField("content", delta.text());
        json.writeArrayFieldStart("tokens");
        for (int i = 0; i < delta.tokens().size(); i++) {
            json.writeNumber(delta.tokens().get(i));
        }
        json.writeEndArray();
        writeState(json, one, completion.tokenCount());
        if (request.timingsPerToken()) {
            json.writeFieldName("timings");
            json.writeTree(
                    TimingsJson.of(one.promptTokens, one.cachedTokens, completion.tokenCount(), one.timings.now())
                            .toJson());
        }
        if (!delta.logprobs().isEmpty()) {
            json.writeFieldName("completion_probabilities");
            json.writeTree(CompletionResult.logprobs(request, delta.logprobs()));
        }
        json.writeEndObject();
    }

    private void writePrefill(JsonGenerator json, int prompt, Progress one, Event.Progress prefill) throws IOException {
        json.writeStartObject();
        json.writeNumberField("index", prompt * each);
        json.writeStringField("content", "");
        json.writeArrayFieldStart("tokens");
        json.writeEndArray();
        writeState(json, one, 0);
        json.writeObjectFieldStart("prompt_progress");
        json.writeNumberField("total", prefill.promptTokens());
        json.writeNumberField("cache", prefill.cachedTokens());
        json.writeNumberField("processed", prefill.processedTokens());
        json.writeNumberField("time_ms", prefill.nanos() / 1_000_000);
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeState(JsonGenerator json, Progress one, int predicted) throws IOException {
        json.writeBooleanField("multimodal", false);
        json.writeBooleanField("stop", false);
        json.writeNumberField("id_slot", one.slot);
        json.writeNumberField("slot_id", one.slot);
        json.writeNumberField("tokens_predicted", predicted);
        json.writeNumberField("tokens_evaluated", one.promptTokens);
    }

    /** A prompt as results show it: text as it was sent, tokens as their text. */
    private static String textOf(Engine engine, Prompt prompt) throws InterruptedException {
        return switch (prompt) {
            case Prompt.Text text -> text.text();
            case Prompt.Ids ids ->
                engine.ask(new Query.Detokenize(ids.tokens(), true)).text();
            case Prompt.Media _ -> MediaFields.MARKER;
            case Prompt.Parts parts -> {
                StringBuilder text = new StringBuilder();
                for (Prompt part : parts.parts()) {
                    text.append(textOf(engine, part));
                }
                yield text.toString();
            }
        };
    }
}
