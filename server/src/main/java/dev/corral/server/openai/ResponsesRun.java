package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.Usage;
import dev.corral.server.generation.AnswerId;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.generation.MessageDelta;
import dev.corral.server.generation.MessageReader;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import java.util.List;

/** Runs a {@link ResponsesRequest} and tells its client of it: all at the end, or by typed events. */
final class ResponsesRun implements Generations.Reader {

    private final Exchange exchange;
    private final ResponsesRequest request;
    private final ResponseStore store;
    private final String model;
    private final String id = AnswerId.random("resp_");
    private final long created = System.currentTimeMillis() / 1000;
    private final Completion completion = new Completion();
    private final MessageReader reader;
    private final ResponseOutput output;
    private int sequence;
    private int tokens;
    private int reasoningTokens;

    private ResponsesRun(
            Exchange exchange, ResponsesRequest request, ResponseStore store, String model, MessageReader reader) {
        this.exchange = exchange;
        this.request = request;
        this.store = store;
        this.model = model;
        this.reader = reader;
        this.output = new ResponseOutput(this::send);
    }

    static void answer(Exchange exchange, Engine engine, ResponsesRequest request, ChatTurn turn, ResponseStore store)
            throws InterruptedException {
        String model = request.model().orElse(engine.model().name());
        ResponsesRun run = new ResponsesRun(exchange, request, store, model, turn.reader(engine));
        Generations.run(exchange, engine, List.of(turn.generate()), request.beat(), run);
    }

    @Override
    public void read(int prompt, Event event) throws InterruptedException {
        switch (event) {
            case Event.Queued _, Event.PromptLogprobs _, Event.Progress _, Event.Failed _ -> {}
            case Event.Started _ -> begin();
            case Event.Delta delta -> {
                completion.add(delta, false);
                tokens += delta.tokens().size();
                reader.add(delta.text());
            }
            case Event.Finished finished -> finish(finished);
        }
    }

    @Override
    public void caughtUp() throws InterruptedException {
        if (reader.hasUnread()) {
            take(reader.read(false));
        }
    }

    @Override
    public void silence() {
        if (request.stream()) {
            exchange.events().beat();
        }
    }

    private void begin() {
        for (String type : List.of("response.created", "response.in_progress")) {
            send(type, Json.object().set("response", response("in_progress")));
        }
    }

    private void take(MessageDelta delta) {
        if (!delta.reasoning().isEmpty()) {
            reasoningTokens = tokens;
        }
        output.add(delta);
    }

    private void finish(Event.Finished finished) throws InterruptedException {
        completion.finish(finished);
        boolean complete = switch (finished.reason()) {
            case END_OF_TEXT, STOP_STRING -> true;
            case LIMIT, CONTEXT_FULL, CANCELLED -> false;
        };
        take(reader.read(complete));
        output.finish(complete);
        ObjectNode response = response(complete ? "completed" : "incomplete");
        if (!complete) {
            response.putObject("incomplete_details").put("reason", reason(finished.reason()));
        }
        response.set("usage", usage(finished.usage()));
        if (request.store()) {
            store.put(exchange.caller(), id, ResponseStore.Stored.of(conversation(), response));
        }
        if (request.stream()) {
            send(
                    complete ? "response.completed" : "response.incomplete",
                    Json.object().set("response", response));
        } else {
            exchange.reply(response);
        }
    }

    private static String reason(FinishReason reason) {
        return reason == FinishReason.CANCELLED ? "content_filter" : "max_output_tokens";
    }

    /** The messages so far, the answer included. */
    private ArrayNode conversation() {
        ArrayNode messages = request.messages().deepCopy();
        Message message = reader.message();
        messages.add(ChatAnswer.message(message));
        return messages;
    }

    private ObjectNode response(String status) {
        ObjectNode response = Json.object()
                .put("id", id)
                .put("object", "response")
                .put("created_at", created)
                .put("status", status)
                .put("background", false)
                .put("model", model);
        response.set("error", NullNode.instance);
        response.set("incomplete_details", NullNode.instance);
        response.setAll(request.echo().deepCopy());
        response.set("output", output.json());
        response.set("usage", NullNode.instance);
        return response;
    }

    private ObjectNode usage(Usage usage) {
        ObjectNode json = Json.object().put("input_tokens", usage.promptTokens());
        json.putObject("input_tokens_details")
                .put("cached_tokens", usage.cachedTokens())
                .put("cache_write_tokens", 0);
        json.put("output_tokens", usage.generatedTokens());
        json.putObject("output_tokens_details").put("reasoning_tokens", reasoningTokens);
        return json.put("total_tokens", usage.promptTokens() + usage.generatedTokens());
    }

    private void send(String type, ObjectNode event) {
        if (request.stream()) {
            int number = sequence++;
            exchange.events().send(type, json -> {
                json.writeStartObject();
                json.writeStringField("type", type);
                json.writeNumberField("sequence_number", number);
                for (var field : event.properties()) {
                    json.writeFieldName(field.getKey());
                    json.writeTree(field.getValue());
                }
                json.writeEndObject();
            });
        }
    }
}
