package dev.corral.server.model;

import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The time after a load that failed in which no request tries again: longer each time, up to a minute. */
final class LoadPause {

    private static final Duration FIRST = Duration.ofSeconds(2);
    private static final int MOST_DOUBLINGS = 5;

    private LoadPause() {}

    /**
     * Called under the registry's lock.
     *
     * @param pauses what a pause is instead
     * @throws ApiException within the pause, which says so to who asked
     */
    static void requireOver(ServedModel model, UnaryOperator<Duration> pauses) {
        if (model.failures == 0) {
            return;
        }
        Duration pause = pauses.apply(FIRST.multipliedBy(1L << Math.min(model.failures - 1, MOST_DOUBLINGS)));
        Duration left = pause.minusNanos(System.nanoTime() - model.failedAt);
        if (left.isPositive()) {
            throw new ApiException(new ApiError(
                    ApiError.Kind.UNAVAILABLE,
                    "the model '" + model.plan().name() + "' can't be loaded; the server's log says why",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(left)));
        }
    }
}
