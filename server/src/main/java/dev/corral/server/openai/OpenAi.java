package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
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
        RouteDoc chat = RouteDoc.of("The next message of a conversation")
                .streamed()
                .body(
                        fields -> ChatRequest.read(fields, defaults, "", 1),
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'max_tokens': 16}",
                        "{'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': 'Hello!'}]}],"
                                + " 'model': 'default', 'stream': true, 'stream_options': {'include_usage': true},"
                                + " 'logprobs': true, 'top_logprobs': 2, 'response_format': {'type': 'json_schema',"
                                + " 'json_schema': {'schema': {'type': 'object'}}}}",
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}], 'grammar': 'root ::= [a-z]+',"
                                + " 'grammar_lazy': true, 'grammar_triggers':"
                                + " [{'type': 0, 'token': 5}, {'type': 1, 'value': 'y'}]}");
        routes.get("/v1/models", RouteDoc.of("The loaded model"), this::models)
                .get("/v1/models/{+id}", RouteDoc.of("The loaded model, by one of its names"), this::model)
                .post("/v1/chat/completions", chat, this::chat)
                .post("/chat/completions", chat, this::chat);
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
        ChatRequest request = ChatRequest.read(
                fields, defaults, exchange.caller(), engine.model().slots());
        request.model().ifPresent(asked -> require(names(engine), asked));
        ChatRun.answer(exchange, engine, request.rendered(engine));
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
