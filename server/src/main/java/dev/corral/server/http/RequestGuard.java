package dev.corral.server.http;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.webserver.CloseConnectionException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Runs a handler and turns what it throws into an answer: before the first byte an error response, after it the last
 * event of the stream. What it does not know is a fault of ours: the client learns the request's id, the log the cause.
 */
final class RequestGuard {

    private static final Logger LOG = System.getLogger("dev.corral.server");

    void run(Exchange exchange, Dialect dialect, Routes.Handler handler) {
        try {
            handler.handle(exchange);
            exchange.finish();
        } catch (CloseConnectionException | RequestException | HttpException e) {
            throw e;
        } catch (ApiException e) {
            exchange.fail(dialect, e.error());
        } catch (EngineException e) {
            if (e.error() instanceof EngineError.Internal) {
                LOG.log(Level.ERROR, "request " + exchange.id() + " failed: " + e.getMessage());
            }
            exchange.fail(dialect, ApiError.of(e.error()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            exchange.fail(dialect, ApiError.of(ApiError.Kind.UNAVAILABLE, "the server is shutting down"));
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "request " + exchange.id() + " failed", e);
            exchange.fail(
                    dialect,
                    ApiError.of(ApiError.Kind.FAULT, "a fault in the server; its log has it under " + exchange.id()));
        } catch (OutOfMemoryError e) {
            LOG.log(Level.ERROR, "request " + exchange.id() + " needed more memory than there is");
            exchange.fail(dialect, ApiError.of(ApiError.Kind.BUSY, "the server is short of memory; try again later"));
        } finally {
            exchange.release();
        }
    }
}
