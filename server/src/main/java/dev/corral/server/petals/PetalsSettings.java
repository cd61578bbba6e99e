package dev.corral.server.petals;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Range;
import java.time.Duration;
import java.util.List;

/**
 * How Petals' API is served.
 *
 * @param maxSessions how many sessions may be open by HTTP
 * @param expiry how long one stays open that nobody uses, and how long a WebSocket may be silent
 * @param models what clients may name, and what the chat page offers; none for the loaded model by its own names
 */
public record PetalsSettings(int maxSessions, Duration expiry, List<ModelConfig> models) {

    public static final Range SESSIONS = Range.of(1, 1_000_000);
    public static final PetalsSettings STANDARD = new PetalsSettings(50, Duration.ofMinutes(5), List.of());

    public PetalsSettings {
        models = List.copyOf(models);
        SESSIONS.check("petals-max-sessions", maxSessions);
        if (expiry.isNegative() || expiry.isZero()) {
            throw new InvalidRequestException("petals-session-timeout", expiry.toString(), "must be above 0");
        }
    }
}
