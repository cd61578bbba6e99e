package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Capability;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Query;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.NamedModel;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.model.AdapterNames;
import dev.corral.server.model.ModelGate;
import dev.corral.server.model.ModelList;
import dev.corral.server.model.ModelNames;
import java.util.List;
import java.util.Optional;

/**
 * The routes of OpenAI's API.
 *
 * <pre>{@code
 * curl localhost:8080/v1/models
 * curl localhost:8080/v1/models/default
 * curl localhost:8080/v1/completions -d '{"prompt": "Once upon a time", "max_tokens": 32}'
 * curl localhost:8080/v1/completions -d '{"prompt": "2 + 2 = 4", "max_tokens": 0, "echo": true, "logprobs": 1}'
 * curl localhost:8080/v1/chat/completions -d '{"messages": [{"role": "user", "content": "Hello!"}]}'
 * curl localhost:8080/v1/chat/completions -d '{"messages": [{"role": "user", "content": "Hello!"}], "stream": true}'
 * curl localhost:8080/v1/responses -d '{"input": "Hello!"}'
 * curl localhost:8080/v1/audio/transcriptions -F file=@speech.wav
 * curl localhost:8080/v1/embeddings -d '{"input": ["Hello, world!", "And again."]}'
 * }</pre>
 */
public final class OpenAi implements Dialect {

    private final ModelGate gate;
    private final Defaults defaults;
    private final List<String> aliases;
    private final ResponseStore responses = new ResponseStore();

    /** @param aliases what the model is called besides its name */
    public OpenAi(ModelGate gate, Defaults defaults, List<String> aliases) {
        this.gate = gate;
        this.defaults = defaults;
        this.aliases = List.copyOf(aliases);
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/v1/models", RouteDoc.of("The loaded model and its adapters"), this::models)
                .get(
                        "/v1/models/{+id}",
                        RouteDoc.of("The loaded model or an adapter, by one of its names"),
                        this::model)
                .post("/v1/load_lora_adapter", AdapterActions.LOAD, exchange -> adapt(exchange, AdapterActions::load))
                .post(
                        "/v1/unload_lora_adapter",
                        AdapterActions.UNLOAD,
                        exchange -> adapt(exchange, AdapterActions::unload))
                .get(
                        "/tokenizer_info",
                        RouteDoc.of("What the model's tokenizer adds to texts, for lm-evaluation-harness"),
                        exchange ->
                                exchange.reply(TokenizerInfo.of(gate.engine().model())))
                .post("/v1/completions", TextRequest.doc(defaults), this::complete)
                .post("/v1/chat/completions", ChatRequest.doc(defaults), this::chat)
                .post("/chat/completions", ChatRequest.doc(defaults), this::chat)
                .post(
                        "/v1/chat/completions/input_tokens",
                        ChatRequest.doc(defaults).counting(),
                        this::countChat)
                .post(
                        "/chat/completions/input_tokens",
                        ChatRequest.doc(defaults).counting(),
                        this::countChat)
                .post("/v1/responses", ResponsesRequest.doc(defaults), this::respond)
                .post("/responses", ResponsesRequest.doc(defaults), this::respond)
                .post(
                        "/v1/responses/input_tokens",
                        ResponsesRequest.doc(defaults).counting(),
                        this::countResponse)
                .post("/responses/input_tokens", ResponsesRequest.doc(defaults).counting(), this::countResponse)
                .post("/v1/audio/transcriptions", TranscriptionRequest.doc(defaults), this::transcribe)
                .post("/audio/transcriptions", TranscriptionRequest.doc(defaults), this::transcribe)
                .get("/v1/responses/{id}", RouteDoc.of("An answer of /v1/responses that is still kept"), this::response)
                .delete("/v1/responses/{id}", RouteDoc.of("Forgets an answer of /v1/responses"), this::forget)
                .post("/v1/embeddings", Embeddings.doc(defaults), this::embed);
    }

    @Override
    public boolean speaks(String path) {
        return path.startsWith("/v1/")
                || path.startsWith("/chat/")
                || path.startsWith("/responses")
                || path.startsWith("/audio/");
    }

    @Override
    public ObjectNode error(ApiError error) {
        return ErrorJson.of(error);
    }

    private void models(Exchange exchange) throws InterruptedException {
        if (gate.catalogue().isPresent()) {
            exchange.reply(ModelList.of(gate.catalogue().get()));
            return;
        }
        Engine engine = gate.engine();
        exchange.reply(ModelList.of(engine.model(), adapters(engine), gate.since()));
    }

    private void model(Exchange exchange) throws InterruptedException {
        String asked = exchange.path("id");
        if (gate.catalogue().isPresent()) {
            exchange.reply(ModelList.entry(gate.catalogue().get().require(asked)));
            return;
        }
        Engine engine = gate.engine();
        ModelNames names = names(engine);
        exchange.reply(
                names.accept(asked)
                        ? ModelList.openai(engine.model(), names, gate.since())
                        : ModelList.adapter(adapter(asked, adapters(engine)), adapters(engine), gate.since()));
    }

    /** Loads or unloads an adapter. */
    @FunctionalInterface
    private interface AdapterAction {
        ObjectNode act(Fields fields, Engine engine) throws InterruptedException;
    }

    /** Answers by generating. */
    @FunctionalInterface
    private interface Run {
        void run() throws InterruptedException;
    }

    private void adapt(Exchange exchange, AdapterAction action) throws InterruptedException {
        Engine engine = gate.engine();
        exchange.reply(action.act(exchange.body(), engine));
    }

    private void chat(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        ChatRequest request = ChatRequest.read(
                exchange.body(), defaults, exchange.caller(), engine.model().slots());
        ChatRequest resolved = request.on(named(request.model(), engine), engine);
        try {
            ChatTurn turn = resolved.turn(engine, defaults);
            run("messages", () -> ChatRun.answer(exchange, engine, resolved, turn));
        } catch (EngineException e) {
            throw resolved.words().say(e);
        }
    }

    private void countChat(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        ChatRequest request = ChatRequest.read(
                exchange.body(), defaults, exchange.caller(), engine.model().slots());
        named(request.model(), engine);
        count(exchange, engine, request.conversation());
    }

    private void countResponse(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        ResponsesRequest request = responsesRequest(exchange, engine);
        named(request.model(), engine);
        count(exchange, engine, request.conversation());
    }

    private void count(Exchange exchange, Engine engine, ChatPrompt conversation) throws InterruptedException {
        exchange.reply(Json.object()
                .put("object", "response.input_tokens")
                .put("input_tokens", conversation.length(engine, defaults)));
    }

    private void transcribe(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        if (!engine.model().can(Capability.HEAR)) {
            throw new ApiException(
                    ApiError.Kind.UNSUPPORTED,
                    "'" + engine.model().name() + "' can't hear: it has no projector for sound");
        }
        TranscriptionRequest request = TranscriptionRequest.read(
                exchange.form(), defaults, exchange.caller(), engine.model().slots());
        TranscriptionRequest resolved = request.on(named(request.model(), engine), engine);
        ChatTurn turn = resolved.turn(engine, defaults);
        run("file", () -> TranscriptionRun.answer(exchange, engine, resolved, turn));
    }

    private ResponsesRequest responsesRequest(Exchange exchange, Engine engine) {
        String caller = exchange.caller();
        return ResponsesRequest.read(
                exchange.body(),
                defaults,
                caller,
                engine.model().slots(),
                id -> response(caller, id).messages().deepCopy());
    }

    private void respond(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        ResponsesRequest request = responsesRequest(exchange, engine);
        ResponsesRequest resolved = request.on(named(request.model(), engine), engine);
        try {
            ChatTurn turn = ChatTurn.of(resolved.conversation(), resolved.generate(), engine, defaults);
            run("input", () -> ResponsesRun.answer(exchange, engine, resolved, turn, responses));
        } catch (EngineException e) {
            throw resolved.words().say(e);
        }
    }

    private void response(Exchange exchange) {
        exchange.reply(response(exchange.caller(), exchange.path("id")).reply());
    }

    private void forget(Exchange exchange) {
        String id = exchange.path("id");
        if (!responses.remove(exchange.caller(), id)) {
            throw unknownResponse(id);
        }
        exchange.reply(Json.object().put("id", id).put("object", "response").put("deleted", true));
    }

    private ResponseStore.Stored response(String caller, String id) {
        return responses.get(caller, id).orElseThrow(() -> unknownResponse(id));
    }

    private static ApiException unknownResponse(String id) {
        return new ApiException(ApiError.Kind.NOT_FOUND, "there is no response '" + id + "' here, or no longer");
    }

    private void complete(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        TextRequest request = TextRequest.read(
                exchange.body(), defaults, exchange.caller(), engine.model().slots());
        TextRequest resolved =
                request.on(named(request.model(), engine), engine).filling(engine, defaults.suffixFirst());
        run("prompt", () -> TextRun.answer(exchange, engine, resolved));
    }

    private void embed(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Embeddings.Asked asked = Embeddings.read(exchange.body(), defaults);
        ModelNames names = names(engine);
        asked.model().filter(name -> !names.accept(name)).ifPresent(name -> {
            throw NamedModel.unknown(name, names);
        });
        exchange.reply(Embeddings.answer(exchange, engine, asked));
    }

    /** Generates; the prompt is this field of the request. */
    private static void run(String prompt, Run run) throws InterruptedException {
        try {
            run.run();
        } catch (EngineException e) {
            throw e.error() instanceof EngineError.ContextExceeded exceeded
                    ? new ApiException(ApiError.of(exceeded).about(prompt))
                    : e;
        }
    }

    private NamedModel named(Optional<String> asked, Engine engine) throws InterruptedException {
        return NamedModel.find(asked, names(engine), engine);
    }

    private ModelNames names(Engine engine) {
        return ModelNames.of(engine.model(), aliases);
    }

    private AdapterNames adapters(Engine engine) throws InterruptedException {
        return new AdapterNames(names(engine), engine.ask(new Query.Adapters()));
    }

    /** The adapter that is asked for as a model. */
    private static String adapter(String asked, AdapterNames adapters) {
        return adapters.find(asked).orElseThrow(() -> NamedModel.unknown(asked, adapters.model()));
    }
}
