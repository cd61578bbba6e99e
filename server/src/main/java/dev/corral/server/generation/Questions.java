package dev.corral.server.generation;

import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.server.http.ClientLeft;
import dev.corral.server.http.ClientWatch;
import dev.corral.server.http.Exchange;
import java.util.function.ToIntFunction;

/** Questions that take an engine so long that a client may not wait for the answer. */
public final class Questions {

    private Questions() {}

    /**
     * Asks the engine, counts the answer to the caller, and gives up when the client goes away.
     *
     * @param tokens how many the engine read for an answer
     * @throws EngineException when the question can't be answered
     * @throws ClientLeft when the client went away
     */
    public static <R extends Reply> R ask(Exchange exchange, Engine engine, Query<R> query, ToIntFunction<R> tokens)
            throws InterruptedException {
        Thread asking = Thread.currentThread();
        try (ClientWatch client = exchange.watch(asking::interrupt)) {
            try {
                R reply = engine.ask(query);
                exchange.spend(tokens.applyAsInt(reply));
                return reply;
            } catch (InterruptedException e) {
                if (client.left()) {
                    throw new ClientLeft();
                }
                throw e;
            }
        }
    }
}
