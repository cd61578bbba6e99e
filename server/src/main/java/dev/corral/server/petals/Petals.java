package dev.corral.server.petals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.InvalidRequestException;
import dev.corral.server.generation.CachePartition;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.DialoguePage;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;
import java.util.List;
import java.util.Optional;

/**
 * The routes of Petals' chat.
 *
 * <pre>{@code
 * curl localhost:8080/api/v1/generate -d inputs='Once upon a time,' -d max_new_tokens=20
 * curl 'localhost:8080/api/v1/open_inference_session?max_length=1024'
 * curl localhost:8080/api/v1/generate -d session_id=ID -d inputs='A cat sat on' -d max_new_tokens=1
 * curl localhost:8080/api/v1/generate -d session_id=ID -d max_new_tokens=1
 * curl 'localhost:8080/api/v1/close_inference_session?session_id=ID'
 * websocat ws://localhost:8080/api/v2/generate
 * }</pre>
 */
public final class Petals implements Dialect {

    private static final int DEFAULT_LENGTH = 1024;

    /** Talks by WebSocket; the models that it offers are part of it. */
    private static final DialoguePage PAGE = DialoguePage.of(Petals.class);

    private static final RouteDoc GENERATE = RouteDoc.of("Continues a text, in a session or without one")
            .body(
                    Petals::readGenerate,
                    GenerateCall.EXAMPLE,
                    "{'inputs': 'A cat sat on', 'max_length': 12}",
                    "{'model': 'default', 'session_id': '0123456789abcdef0123456789abcdef', 'max_new_tokens': 1}");

    private static final RouteDoc OPEN = RouteDoc.of("Opens a session, which keeps a text's tokens between calls")
            .query("max_length")
            .query("model");

    private final ModelGate gate;
    private final Defaults defaults;
    private final PetalsSettings settings;
    private final Models models;
    private final Sessions sessions;
    private final boolean alone;

    /** @param aliases what the model is called besides its name */
    public Petals(ModelGate gate, Defaults defaults, PetalsSettings settings, List<String> aliases) {
        this(
                gate,
                defaults,
                settings,
                new Models(settings.models(), aliases),
                new Sessions(settings.maxSessions(), settings.expiry()),
                false);
    }

    private Petals(
            ModelGate gate,
            Defaults defaults,
            PetalsSettings settings,
            Models models,
            Sessions sessions,
            boolean alone) {
        this.gate = gate;
        this.defaults = defaults;
        this.settings = settings;
        this.models = models;
        this.sessions = sessions;
        this.alone = alone;
    }

    /** The same for a listener of its own, where its page is at {@code /}. The sessions are the same. */
    public Petals alone() {
        return new Petals(gate, defaults, settings, models, sessions, true);
    }

    /** Forgets all sessions, for a server that ends. */
    public void close() {
        sessions.closeAll();
    }

    @Override
    public void routes(Routes routes) {
        routes.post("/api/v1/generate", GENERATE, this::generate)
                .get("/api/v1/open_inference_session", OPEN, this::open)
                .get(
                        "/api/v1/close_inference_session",
                        RouteDoc.of("Closes a session; there need be none").query("session_id"),
                        this::close)
                .webSocket(
                        "/api/v2/generate",
                        RouteDoc.of("Opens a session by WebSocket, which ends with the connection"),
                        socket -> new Talk(socket, gate, defaults, models, settings.expiry()).run())
                .get(
                        "/petals/models",
                        RouteDoc.of("The models that Petals' chat page offers"),
                        exchange -> exchange.reply(offered()))
                .getOpen("/petals", RouteDoc.of("Petals' chat page").page(), this::page)
                .getOpen(
                        "/petals/chat.js",
                        RouteDoc.of("The script of Petals' chat page").file(),
                        exchange -> exchange.replyScript(PAGE.script()));
        if (alone) {
            routes.getOpen("/", RouteDoc.of("Petals' chat page").page(), this::page);
        }
    }

    @Override
    public boolean speaks(String path) {
        return alone || path.startsWith("/api/v1/") || path.startsWith("/api/v2/") || path.startsWith("/petals");
    }

    /** The original told every error of its own with a success. */
    @Override
    public int status(ApiError error) {
        return switch (error.kind()) {
            case INVALID, CONTEXT_EXCEEDED, UNKNOWN_MODEL, FAULT, UNSUPPORTED, BUSY, UNAVAILABLE, TIMED_OUT -> 200;
            default -> error.kind().status();
        };
    }

    @Override
    public ObjectNode error(ApiError error) {
        return Traceback.of(error);
    }

    /** Without models where the client may not know them, or nobody does yet; the page then asks for them. */
    private void page(Exchange exchange) {
        exchange.replyLivePage(PAGE.html(exchange.isAdmitted() ? known() : Json.object()));
    }

    private ObjectNode offered() {
        return gate.catalogue().map(models::toJson).orElseGet(() -> models.toJson(gate.engine()));
    }

    private ObjectNode known() {
        try {
            return offered();
        } catch (ApiException e) {
            return Json.object(); // the model is being loaded
        }
    }

    private void open(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        long length = exchange.query("max_length").map(GenerateCall::whole).orElse((long) DEFAULT_LENGTH);
        if (length < 1) {
            throw new InvalidRequestException("max_length", Long.toString(length), "must be at least 1");
        }
        Session session = new Session(
                models.adapters(exchange.query("model"), false, engine),
                CachePartition.of(exchange.caller(), defaults.sharedCache()),
                (int) Math.min(length, engine.model().contextSize() - 1),
                true);
        exchange.reply(
                Json.object().put("ok", true).put("session_id", sessions.open(session, engine, exchange.caller())));
    }

    private void close(Exchange exchange) {
        Optional<String> id = exchange.query("session_id");
        id.ifPresent(known -> sessions.close(known, exchange.caller()));
        exchange.reply(Json.object().put("ok", true).put("session_id", id.orElse(null)));
    }

    private record Asked(GenerateCall call, Optional<String> session, Optional<String> model, String partition) {}

    private static Asked readGenerate(Fields fields) {
        return readGenerate(fields, "", false);
    }

    private static Asked readGenerate(Fields fields, String caller, boolean shared) {
        return new Asked(
                GenerateCall.read(fields),
                fields.text("session_id"),
                fields.text("model"),
                CachePartition.of(fields, caller, shared));
    }

    private void generate(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Asked asked = readGenerate(exchange.parameters(), exchange.caller(), defaults.sharedCache());
        String outputs = asked.session().isPresent()
                ? sessions.with(
                        asked.session().get(),
                        engine,
                        exchange.caller(),
                        session -> goOn(exchange, engine, session, asked.call()))
                : generate(
                        exchange,
                        engine,
                        new Session(
                                models.adapters(asked.model(), false, engine),
                                asked.partition(),
                                engine.model().contextSize() - 1,
                                false),
                        asked.call());
        exchange.reply(Json.object().put("ok", true).put("outputs", outputs));
    }

    /** A call that fails leaves its session as it was. */
    private String goOn(Exchange exchange, Engine engine, Session session, GenerateCall call)
            throws InterruptedException {
        Session.Mark before = session.mark();
        boolean done = false;
        try {
            String outputs = generate(exchange, engine, session, call);
            done = true;
            return outputs;
        } finally {
            if (!done) {
                session.rewind(before, engine);
            }
        }
    }

    private String generate(Exchange exchange, Engine engine, Session session, GenerateCall call)
            throws InterruptedException {
        StringBuilder outputs = new StringBuilder();
        new Turn(engine, session, call, Client.of(exchange), defaults, (text, last, tokens) -> outputs.append(text))
                .run(false);
        return outputs.toString();
    }
}
