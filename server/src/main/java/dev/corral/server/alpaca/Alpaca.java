package dev.corral.server.alpaca;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelGate;

/**
 * The routes of Chinese-LLaMA-Alpaca's demonstration servers, on a port of their own. Beside OpenAI's on the main port they
 * are the first edition's, for requests that can't be meant for OpenAI's.
 *
 * <pre>{@code
 * curl localhost:19327/v1/completions -d '{"prompt": "Tell me where the capital of China is"}'
 * curl localhost:19327/v1/chat/completions -d '{"messages": [{"role": "user", "message": "Hello!"}]}'
 * curl localhost:19327/v1/embeddings -d '{"input": "The weather is really nice today"}'
 * }</pre>
 */
public final class Alpaca implements Dialect {

    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";
    private static final String EMBEDDINGS = "/v1/embeddings";

    private final ModelGate gate;
    private final Defaults defaults;
    private final Edition edition;
    private final boolean alone;

    public Alpaca(ModelGate gate, Defaults defaults) {
        this(gate, defaults, Edition.FIRST, false);
    }

    private Alpaca(ModelGate gate, Defaults defaults, Edition edition, boolean alone) {
        this.gate = gate;
        this.defaults = defaults;
        this.edition = edition;
        this.alone = alone;
    }

    /** An edition for a listener of its own. */
    public Alpaca alone(Edition served) {
        return new Alpaca(gate, defaults, served, true);
    }

    @Override
    public void routes(Routes routes) {
        if (alone) {
            routes.post(COMPLETIONS, Asked.completionDoc(edition, defaults), this::complete)
                    .post(CHAT, Asked.chatDoc(edition, defaults), this::chat)
                    .post(EMBEDDINGS, Embeddings.DOC, this::embed);
        } else {
            routes.postWhere(COMPLETIONS, this::isNamed, this::complete)
                    .postWhere(CHAT, Message::areAlpacas, this::chat);
        }
    }

    @Override
    public boolean speaks(String path) {
        return alone;
    }

    @Override
    public int status(ApiError error) {
        return ErrorJson.status(error);
    }

    @Override
    public ObjectNode error(ApiError error) {
        return ErrorJson.of(error);
    }

    private boolean isNamed(Fields fields) {
        return fields.json().path("model").asText().equals(edition.model());
    }

    private void complete(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Asked asked = Asked.completion(Lenient.fields(exchange.body()), edition, defaults, exchange.caller());
        AnswerRun.complete(exchange, engine, edition, asked);
    }

    private void chat(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        Asked asked = Asked.chat(Lenient.fields(exchange.body()), edition, defaults, exchange.caller());
        AnswerRun.chat(exchange, engine, edition, asked, defaults.beat());
    }

    private void embed(Exchange exchange) throws InterruptedException {
        Engine engine = gate.engine();
        exchange.reply(Embeddings.answer(exchange, engine, Embeddings.read(exchange.body()), edition));
    }
}
