package dev.corral.server.http;

import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.time.Duration;

/** Counts the requests that are being answered, so that a server can end when they have. Thread-safe. */
final class InFlight implements Filter {

    private int count;

    @Override
    public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        change(1);
        try {
            chain.proceed();
        } finally {
            WatchedConnection.current().client().answered();
            change(-1);
        }
    }

    /** Counts something that is answered beside requests, until it is closed. */
    Caller.Visit enter() {
        change(1);
        return () -> change(-1);
    }

    /** Waits until no request is being answered, or the time is up; true when none is. */
    synchronized boolean awaitNone(Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (count > 0) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
        return true;
    }

    private synchronized void change(int by) {
        count += by;
        notifyAll();
    }
}
