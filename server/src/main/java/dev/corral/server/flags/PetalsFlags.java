package dev.corral.server.flags;

import dev.corral.engine.EngineException;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.petals.ModelConfig;
import dev.corral.server.petals.PetalsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags of Petals' dialect. */
final class PetalsFlags {

    @Option(
            names = "--petals-max-sessions",
            paramLabel = "N",
            defaultValue = "${CORRAL_PETALS_MAX_SESSIONS:-50}",
            description = "Sessions that may be open by HTTP (default: ${DEFAULT-VALUE}).")
    int maxSessions = PetalsSettings.STANDARD.maxSessions();

    @Option(
            names = "--petals-session-timeout",
            paramLabel = "SECONDS",
            defaultValue = "${CORRAL_PETALS_SESSION_TIMEOUT:-300}",
            description = "How long a session stays open that nobody uses (default: ${DEFAULT-VALUE}).")
    int timeout = 300;

    @Option(
            names = "--petals-models",
            paramLabel = "FILE",
            defaultValue = "${CORRAL_PETALS_MODELS}",
            description = "Names under which the model and its adapters are served, and what the chat page shows of "
                    + "them: JSON, as docs/petals.md has it.")
    @Nullable
    Path models;

    PetalsSettings toSettings() {
        return new PetalsSettings(maxSessions, Duration.ofSeconds(timeout), models());
    }

    private List<ModelConfig> models() {
        Path file = models;
        if (file == null) {
            return List.of();
        }
        try {
            return ModelConfig.read(Fields.ofJson(Files.readAllBytes(file)));
        } catch (IOException | ApiException | EngineException e) {
            throw new BadFlag("--petals-models " + file + " can't be used: " + e.getMessage());
        }
    }
}
