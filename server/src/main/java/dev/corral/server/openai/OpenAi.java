package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import dev.corral.server.model.ModelList;
import dev.corral.server.model.ModelNames;
import java.util.List;

/**
 * The routes of OpenAI's API.
 *
 * <pre>{@code
 * curl localhost:8080/v1/models
 * curl localhost:8080/v1/models/default
 * curl localhost:8080/v1/chat/completions -d '{"messages": [{"role": "user", "content": "Hello!"}]}'
 * curl localhost:8080/v1/chat/completions -d '{"messages": [{"role": "user", "content": "Hello!"}], "stream": true}'
 * curl localhost:8080/v1/embeddings -d '{"input": ["Hello, world!", "And again."]}'
 * }</pre>
 */
public final class OpenAi implements Dialect {

    private final ModelGate gate;
    private final Defaults defaults;
    private final List<String> aliases;

    /** @param aliases what the model is called besides its name */
    public OpenAi(ModelGate gate, Defaults defaults, List<String> aliases) {
        this.gate = gate;
        this.defaults = defaults;
        this.aliases = List.copyOf(aliases);
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/v1/models", this::models)
                .get("/v1/models/{+id}", this::model)
                .post("/v1/chat/completions", this::chat)
                .post("/chat/completions", this::chat)
                .post("/v1/embeddings", this::embed);
    }

    @Override
    public boolean speaks(String path) {
        return path.startsWith("/v1/") || path.startsWith("/chat/");
    }

    @Override
    public ObjectNode error(ApiError error) {
        return ErrorJson.of(error);
    }

    private void models(Exchange exchange) {
        Engine engine = gate.engine();
        exchange.reply(ModelList.of(engine.model(), names(engine), gate.since()));
    }

    private void model(Exchange exchange) {
        Engine engine = gate.engine();
        ModelNames names = names(engine);
        require(names, exchange.path("id"));
        exchange.reply(ModelList.openai(engine.model(), names, gate.since()));
    }

    private void chat(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Fields fields = exchange.body();
        fields.text("model").ifPresent(asked -> require(names(engine), asked));
        ChatRun.answer(exchange, engine, ChatRequest.read(exchange, fields, engine, defaults));
    }

    private void embed(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Fields fields = exchange.body();
        fields.text("model").ifPresent(asked -> require(names(engine), asked));
        exchange.reply(Embeddings.answer(exchange, engine, fields, defaults));
    }

    private ModelNames names(Engine engine) {
        return ModelNames.of(engine.model(), aliases);
    }

    private static void require(ModelNames names, String asked) {
        if (!names.accept(asked)) {
            throw new ApiException(
                    ApiError.Kind.UNKNOWN_MODEL,
                    "there is no model '" + asked + "' here; there is '" + names.name() + "'");
        }
    }
}
