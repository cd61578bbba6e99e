package dev.corral.server.flags;

import dev.corral.server.hub.HubException;
import dev.corral.server.hub.HubSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Flags that say which hub models come from, and as whom it is asked. */
public final class HubFlags {

    @Option(
            names = {"--hf-endpoint", "--hub-endpoint"},
            paramLabel = "URL",
            defaultValue = "${MODEL_ENDPOINT:-${HF_ENDPOINT:-" + HubSettings.USUAL_ENDPOINT + "}}",
            description = "The hub that models come from, or a mirror of it (default: ${DEFAULT-VALUE}).")
    String endpoint = HubSettings.USUAL_ENDPOINT;

    @Option(
            names = {"-hft", "--hf-token"},
            paramLabel = "TOKEN",
            description = "What the hub knows you by, for models that not everybody may have. HF_TOKEN in the "
                    + "environment shows it to fewer people.")
    @Nullable
    String token;

    public HubSettings toSettings() {
        try {
            return new HubSettings(
                    new URI(endpoint),
                    Optional.ofNullable(token).or(() -> Optional.ofNullable(System.getenv("HF_TOKEN"))));
        } catch (URISyntaxException e) {
            throw new BadFlag("--hf-endpoint must be an address, but is " + endpoint);
        } catch (HubException e) {
            throw new BadFlag("--hf-endpoint: " + e.getMessage());
        }
    }
}
