package dev.corral.server.alpaca;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.server.generation.Generations;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs an {@link Asked} and tells its client of it: all at the end, or chunk by chunk. */
final class AnswerRun implements Generations.Reader {

    private static final String END = "[DONE]";

    private final Exchange exchange;
    private final Edition edition;
    private final Asked asked;
    private final String uuid = ShortUuid.random();
    private final long created = System.currentTimeMillis() / 1000;
    private final StringBuilder text = new StringBuilder();
    private final Strip strip = new Strip();
    private boolean begun;

    private AnswerRun(Exchange exchange, Edition edition, Asked asked) {
        this.exchange = exchange;
        this.edition = edition;
        this.asked = asked;
    }

    /** {@code POST /v1/completions}. */
    static void complete(Exchange exchange, Engine engine, Edition edition, Asked asked) throws InterruptedException {
        AnswerRun run = new AnswerRun(exchange, edition, asked);
        run.run(engine, Optional.empty(), "prompt");
        ObjectNode answer = run.head("cmpl-", "text_completion");
        answer.putArray("choices").addObject().put("index", 0).put("text", run.answer());
        exchange.reply(answer);
    }

    /** {@code POST /v1/chat/completions}. */
    static void chat(Exchange exchange, Engine engine, Edition edition, Asked asked, Optional<Duration> beat)
            throws InterruptedException {
        AnswerRun run = new AnswerRun(exchange, edition, asked);
        run.run(engine, asked.stream() ? beat : Optional.empty(), "messages");
        if (asked.stream()) {
            exchange.events().sendWord(END);
        } else {
            exchange.reply(run.conversation());
        }
    }

    @Override
    public void read(int prompt, Event event) {
        switch (event) {
            case Event.Queued _, Event.Started _, Event.Progress _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Delta delta
            when asked.stream() -> {
                begin();
                String shown = strip.next(delta.text());
                if (!shown.isEmpty()) {
                    send(Json.object().put("content", shown), null);
                }
            }
            case Event.Delta delta -> text.append(delta.text());
            case Event.Finished finished -> {
                if (asked.stream()) {
                    begin();
                    send(Json.object(), reason(finished.reason()));
                }
            }
        }
    }

    @Override
    public void silence() {
        exchange.events().beat();
    }

    /** @param blamed the field that holds what is too long for the context */
    private void run(Engine engine, Optional<Duration> beat, String blamed) throws InterruptedException {
        try {
            Generations.run(exchange, engine, List.of(asked.generate()), beat, this);
        } catch (EngineException e) {
            throw e.error() instanceof EngineError.ContextExceeded exceeded
                    ? new ApiException(ApiError.of(exceeded).about(blamed))
                    : e;
        }
    }

    private String answer() {
        return edition.template().answerIn(text.toString());
    }

    /** All that was said before, and the answer. */
    private ObjectNode conversation() {
        ObjectNode answer = head("chatcmpl-", "chat.completion");
        ArrayNode choices = answer.putArray("choices");
        for (Message message : asked.messages()) {
            choices.addObject().put("index", choices.size() - 1).set("message", message.toJson());
        }
        choices.addObject()
                .put("index", choices.size() - 1)
                .set("message", new Message(Message.ASSISTANT, answer()).toJson());
        return answer;
    }

    /** A stream's first chunk says who speaks. */
    private void begin() {
        if (!begun) {
            begun = true;
            send(Json.object().put("role", Message.ASSISTANT), null);
        }
    }

    private void send(ObjectNode delta, @Nullable String reason) {
        ObjectNode chunk = head("chatcmpl-", "chat.completion.chunk");
        ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.put("finish_reason", reason);
        exchange.events().send(json -> json.writeTree(chunk));
    }

    private ObjectNode head(String prefix, String object) {
        return Json.object()
                .put("id", prefix + uuid)
                .put("object", object)
                .put("created", created)
                .put("model", edition.model());
    }

    private static String reason(FinishReason reason) {
        return switch (reason) {
            case END_OF_TEXT, STOP_STRING -> "stop";
            case LIMIT, CONTEXT_FULL, CANCELLED -> "length";
        };
    }
}
