package dev.corral.server.petals;

import dev.corral.server.http.ClientWatch;
import dev.corral.server.http.Exchange;
import dev.corral.server.http.WebSocket;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * Who waits for a text, by whichever way.
 *
 * @param caller whom it is counted to
 * @param watch calls back should the client leave
 * @param spend counts tokens
 */
record Client(String caller, Function<Runnable, ClientWatch> watch, IntConsumer spend) {

    static Client of(Exchange exchange) {
        return new Client(exchange.caller(), exchange::watch, exchange::spend);
    }

    static Client of(WebSocket socket) {
        return new Client(socket.caller(), socket::watch, socket::spend);
    }
}
