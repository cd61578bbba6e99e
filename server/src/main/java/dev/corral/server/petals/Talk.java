package dev.corral.server.petals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Range;
import dev.corral.server.generation.CachePartition;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.ClientLeft;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.WebSocket;
import dev.corral.server.model.ModelGate;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;

/**
 * One client of {@code /api/v2/generate}: its session lasts as long as its connection. Messages that come while a text is
 * generated wait for their turn; an error is told and ends the connection.
 */
final class Talk {

    static final Range MAX_LENGTH = Range.atLeast(1);

    private final WebSocket socket;
    private final ModelGate gate;
    private final Defaults defaults;
    private final Models models;
    private final Duration patience;

    Talk(WebSocket socket, ModelGate gate, Defaults defaults, Models models, Duration patience) {
        this.socket = socket;
        this.gate = gate;
        this.defaults = defaults;
        this.models = models;
        this.patience = patience;
    }

    void run() throws InterruptedException {
        try {
            Fields opening = receive("open_inference_session");
            try (ModelGate.Visit visit = gate.visit(opening.text("model"))) {
                converse(opening, visit);
            }
        } catch (ClientLeft e) {
            throw e;
        } catch (RuntimeException e) {
            tell(e);
        }
    }

    private void converse(Fields opening, ModelGate.Visit visit) throws InterruptedException {
        Engine engine = visit.engine();
        Session session = open(opening, engine);
        socket.send(Json.object().put("ok", true));
        try {
            while (true) {
                Fields message = receive("generate");
                socket.answer(() -> generate(visit.engine(), session, GenerateCall.read(message)));
            }
        } finally {
            session.vacate(engine);
        }
    }

    private void tell(RuntimeException thrown) {
        if (!(thrown instanceof ApiException) && !(thrown instanceof EngineException)) {
            System.getLogger("dev.corral.server").log(Level.ERROR, "a message by WebSocket failed", thrown);
        }
        socket.send(Traceback.of(Traceback.errorOf(thrown)));
        socket.close(WebSocket.NORMAL, "");
    }

    private Session open(Fields opening, Engine engine) throws InterruptedException {
        if (!opening.has("max_length")) {
            throw Traceback.raise("KeyError", Traceback.quoted("max_length"));
        }
        int most = engine.model().contextSize() - 1;
        return new Session(
                models.adapters(opening.text("model"), socket.isOwnPage(), engine),
                CachePartition.of(opening, socket.caller(), defaults.sharedCache()),
                Math.min(opening.integer("max_length", MAX_LENGTH, most), most),
                true);
    }

    private void generate(Engine engine, Session session, GenerateCall call) throws InterruptedException {
        new Turn(engine, session, call, Client.of(socket), defaults, this::send).run(true);
    }

    private void send(String outputs, boolean stop, int tokens) {
        ObjectNode message = Json.object()
                .put("ok", true)
                .put("outputs", outputs)
                .put("stop", stop)
                .put("token_count", tokens);
        socket.send(message);
    }

    /** The next message, which must be of this type. */
    private Fields receive(String type) throws InterruptedException {
        Optional<Fields> message = socket.receive(patience);
        if (message.isEmpty()) {
            throw Traceback.raise(
                    "TypeError",
                    "the JSON object must be str, bytes or bytearray, not NoneType: nothing came for "
                            + patience.toSeconds() + " s");
        }
        String said = message.get().text("type").orElse("");
        if (!said.equals(type)) {
            throw Traceback.raise("AssertionError", "type must be " + type + ", but is " + Traceback.quoted(said));
        }
        return message.get();
    }
}
