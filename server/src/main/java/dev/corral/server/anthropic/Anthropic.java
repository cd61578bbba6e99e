package dev.corral.server.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Json;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import dev.corral.server.model.ModelNames;
import java.util.List;
import java.util.Optional;

/**
 * The routes of Anthropic's Messages API.
 *
 * <pre>{@code
 * curl localhost:8080/v1/messages -d '{"max_tokens": 64, "messages": [{"role": "user", "content": "Hello!"}]}'
 * curl localhost:8080/v1/messages -d '{"max_tokens": 64, "messages": [{"role": "user", "content": "Hello!"}], "stream": true}'
 * curl localhost:8080/v1/messages/count_tokens -d '{"messages": [{"role": "user", "content": "Hello!"}]}'
 * }</pre>
 */
public final class Anthropic implements Dialect {

    private static final String MESSAGES = "/v1/messages";

    private final ModelGate gate;
    private final Defaults defaults;
    private final List<String> aliases;

    /** @param aliases what the model is called besides its name */
    public Anthropic(ModelGate gate, Defaults defaults, List<String> aliases) {
        this.gate = gate;
        this.defaults = defaults;
        this.aliases = List.copyOf(aliases);
    }

    @Override
    public void routes(Routes routes) {
        routes.post(MESSAGES, MessageRequest.doc(defaults), this::answer)
                .post(MESSAGES + "/count_tokens", CountRequest.doc(defaults.chat()), this::count);
    }

    @Override
    public boolean speaks(String path) {
        return path.equals(MESSAGES) || path.startsWith(MESSAGES + "/");
    }

    @Override
    public int status(ApiError error) {
        return ErrorJson.status(error.kind());
    }

    @Override
    public ObjectNode error(ApiError error) {
        return ErrorJson.of(error);
    }

    @Override
    public Optional<String> errorEvent() {
        return Optional.of("error");
    }

    private void answer(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        MessageRequest asked = MessageRequest.read(
                exchange.body(), defaults, exchange.caller(), engine.model().slots());
        MessageRequest request = asked.on(named(asked.model(), engine), engine);
        ChatTurn turn = request.turn(engine, defaults);
        try {
            MessageRun.answer(exchange, engine, request, turn);
        } catch (EngineException e) {
            throw e.error() instanceof EngineError.ContextExceeded exceeded
                    ? new ApiException(ApiError.of(exceeded).about("messages"))
                    : e;
        }
    }

    private void count(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        CountRequest request = CountRequest.read(exchange.body(), defaults.chat());
        named(request.model(), engine);
        int tokens = request.conversation().length(engine, defaults);
        exchange.reply(Json.object().put("input_tokens", tokens));
    }

    private NamedModel named(Optional<String> asked, Engine engine) throws InterruptedException {
        return NamedModel.find(asked, ModelNames.of(engine.model(), aliases), engine);
    }
}
