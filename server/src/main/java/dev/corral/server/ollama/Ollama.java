package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Query;
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
import dev.corral.server.model.Catalogue;
import dev.corral.server.model.ModelDownloads;
import dev.corral.server.model.ModelGate;
import dev.corral.server.model.ModelNames;
import dev.corral.server.model.ServedModel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Ollama's API, but for the routes that make models and send them elsewhere.
 *
 * <pre>{@code
 * curl localhost:8080/api/chat -d '{"model": "default", "messages": [{"role": "user", "content": "Hello!"}]}'
 * curl localhost:8080/api/generate -d '{"model": "default", "prompt": "Hello!", "stream": false}'
 * curl localhost:8080/api/embed -d '{"model": "default", "input": ["Hello, world!", "And again."]}'
 * curl localhost:8080/api/tags
 * curl localhost:8080/api/pull -d '{"model": "owner/name:Q8_0"}'
 * curl -X DELETE localhost:8080/api/delete -d '{"model": "owner/name:Q8_0"}'
 * curl localhost:8080/api/show -d '{"model": "default"}'
 * }</pre>
 */
public final class Ollama implements Dialect {

    /** The version of Ollama whose API this is; clients ask for it to learn what they may send. */
    static final String VERSION = "0.12.11";

    private static final String LATEST = ":latest";

    private static final RouteDoc DELETE = RouteDoc.of("Deletes a model's files, where the operator allows it")
            .body(Ollama::named, "{'model': 'owner/name:Q8_0'}");

    private final ModelGate gate;
    private final Defaults defaults;
    private final List<String> aliases;

    /** @param aliases what the model is called besides its name */
    public Ollama(ModelGate gate, Defaults defaults, List<String> aliases) {
        this.gate = gate;
        this.defaults = defaults;
        this.aliases = List.copyOf(aliases);
    }

    @Override
    public void routes(Routes routes) {
        routes.post("/api/chat", AnswerRequest.chatDoc(defaults), this::chat)
                .post("/api/generate", AnswerRequest.generateDoc(defaults), this::generate)
                .post("/api/embed", EmbedRequest.doc(defaults), this::embed)
                .post("/api/embeddings", EmbedRequest.oneDoc(), this::embedOne)
                .post("/api/show", ShowRequest.doc(), this::show)
                .post(
                        "/api/pull",
                        ModelPull.doc(),
                        exchange -> ModelPull.read(exchange.body()).answer(exchange, gate.downloads()))
                .delete("/api/delete", DELETE, this::delete)
                .postWithoutModel("/api/chat", Shape.CHAT::onlyEnds, exchange -> end(exchange, Shape.CHAT))
                .postWithoutModel("/api/generate", Shape.GENERATE::onlyEnds, exchange -> end(exchange, Shape.GENERATE))
                .get("/api/tags", RouteDoc.of("The loaded model and its adapters, in Ollama's shape"), this::tags)
                .get("/api/ps", RouteDoc.of("The models that are running, in Ollama's shape"), this::running)
                .get(
                        "/api/version",
                        RouteDoc.of("The version of Ollama whose API this is"),
                        exchange -> exchange.reply(Json.object().put("version", VERSION)));
    }

    /** Petals' API is below {@code /api/v1} and {@code /api/v2}. */
    @Override
    public boolean speaks(String path) {
        return path.startsWith("/api/") && !path.startsWith("/api/v1/") && !path.startsWith("/api/v2/");
    }

    /** What a server or a model can't do is a bad request to Ollama's clients. */
    @Override
    public int status(ApiError error) {
        return error.kind() == ApiError.Kind.UNSUPPORTED
                ? ApiError.Kind.INVALID.status()
                : error.kind().status();
    }

    /** {@code {"error": "…"}}. */
    @Override
    public ObjectNode error(ApiError error) {
        return Json.object().put("error", error.message());
    }

    private void chat(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        answer(
                exchange,
                engine,
                AnswerRequest.chat(
                        exchange.body(),
                        defaults,
                        exchange.caller(),
                        engine.model().slots()));
    }

    private void generate(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        answer(
                exchange,
                engine,
                AnswerRequest.generate(
                        exchange.body(),
                        defaults,
                        exchange.caller(),
                        engine.model().slots()));
    }

    private void answer(Exchange exchange, Engine engine, AnswerRequest asked) throws InterruptedException {
        AnswerRequest request = asked.on(named(asked.model(), engine), engine);
        Optional<ChatTurn> turn = request.turn(engine, defaults);
        boolean leaves =
                request.keepAlive().map(gate::keep).filter(Duration::isZero).isPresent();
        if (turn.isEmpty()) {
            exchange.reply(AnswerJson.of(request).nothing(leaves));
            return;
        }
        try {
            AnswerRun.answer(exchange, engine, request, turn.get());
        } catch (EngineException e) {
            throw e.error() instanceof EngineError.ContextExceeded exceeded
                    ? new ApiException(
                            ApiError.of(exceeded).about(request.shape().asked()))
                    : e;
        }
    }

    private void embed(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        EmbedRequest request = EmbedRequest.read(exchange.body(), defaults);
        NamedModel model = named(request.model(), engine);
        request.keepAlive().ifPresent(gate::keep);
        exchange.reply(Embedding.several(exchange, engine, request, model.name()));
    }

    private void embedOne(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        EmbedRequest request = EmbedRequest.readOne(exchange.body());
        named(request.model(), engine);
        request.keepAlive().ifPresent(gate::keep);
        exchange.reply(Embedding.one(exchange, engine, request));
    }

    private void show(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        ShowRequest request = ShowRequest.read(exchange.body());
        named(request.model(), engine);
        exchange.reply(ModelShow.of(engine.model(), defaults.sampling(), gate.since()));
    }

    private static String named(Fields fields) {
        return fields.text(fields.either("model", "name")).orElseThrow(() -> fields.missing("model"));
    }

    private void delete(Exchange exchange) {
        String name = named(exchange.body());
        ModelDownloads downloads = gate.downloads();
        downloads.remove(gate.catalogue().orElseThrow().require(name));
        exchange.replyText("application/json", "");
    }

    /** Of several models, one is to leave memory; it would be absurd to load it for that. */
    private void end(Exchange exchange, Shape shape) {
        Fields body = exchange.body();
        Catalogue all = gate.catalogue().orElseThrow();
        Optional<String> name = body.text("model");
        ServedModel model = all.require(name.orElse(ModelNames.ANY));
        all.keep(model, Duration.ZERO);
        AnswerJson answer = new AnswerJson(name.orElse(model.plan().name()), shape, Optional.empty());
        exchange.reply(answer.nothing(all.staysYet(model).isZero()));
    }

    private void tags(Exchange exchange) throws InterruptedException {
        if (gate.catalogue().isPresent()) {
            exchange.reply(ModelTags.of(gate.catalogue().get()));
            return;
        }
        Engine engine = gate.engine();
        AdapterNames adapters = new AdapterNames(names(engine), engine.ask(new Query.Adapters()));
        exchange.reply(ModelTags.of(engine.model(), adapters, gate.since()));
    }

    private void running(Exchange exchange) {
        if (gate.catalogue().isPresent()) {
            exchange.reply(ModelTags.running(gate.catalogue().get()));
            return;
        }
        exchange.reply(ModelTags.running(gate.engine().model(), gate.since()));
    }

    /** {@code NAME:latest} is {@code NAME}, unless there is one of just that name. */
    private NamedModel named(Optional<String> asked, Engine engine) throws InterruptedException {
        ModelNames names = names(engine);
        Optional<String> name = asked.map(text -> text.endsWith(LATEST) && !names.accept(text)
                ? text.substring(0, text.length() - LATEST.length())
                : text);
        return NamedModel.find(name, names, engine);
    }

    private ModelNames names(Engine engine) {
        return ModelNames.of(engine.model(), aliases);
    }
}
