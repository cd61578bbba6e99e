package dev.corral.server;

import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.model.ModelDownloads;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.model.ModelRegistry;
import dev.corral.server.model.ModelSource;
import dev.corral.server.model.ServedModel;
import dev.corral.server.operations.Operations;
import dev.corral.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A server of several models: each has the dialects before it with defaults of its own, and a request goes to those of the
 * model that it names.
 *
 * <p>Ownership: the server closes the engines of its models. Thread-safe.
 */
final class SeveralModels implements Listening {

    /**
     * One of them.
     *
     * @param defaults where a request to it says nothing
     */
    record Entry(ModelPlan plan, Defaults defaults) {}

    /**
     * Models that clients may let come.
     *
     * @param source of them
     * @param defaults where a request to one says nothing
     */
    record Further(ModelSource source, Defaults defaults) {}

    private final ModelRegistry registry;
    private final ModelFronts fronts;
    private final Ports ports;

    private SeveralModels(ModelRegistry registry, ModelFronts fronts, Ports ports) {
        this.registry = registry;
        this.fronts = fronts;
        this.ports = ports;
    }

    /**
     * Starts to listen, and to load what is there from the start.
     *
     * @throws IOException when the host is unknown, a port is taken, or a file of keys or for TLS can't be used
     */
    static SeveralModels listen(
            HttpSettings http, List<Entry> entries, ModelRegistry.Room room, DialectSettings settings)
            throws IOException {
        return listen(http, entries, Optional.empty(), room, settings, Optional.empty());
    }

    /**
     * @param entries what is there from the start; there may be none where further ones may come
     * @param tracing told of every request, and closed with the server
     */
    static SeveralModels listen(
            HttpSettings http,
            List<Entry> entries,
            Optional<Further> further,
            ModelRegistry.Room room,
            DialectSettings settings,
            Optional<Tracing> tracing)
            throws IOException {
        ModelRegistry registry = new ModelRegistry(List.of(), room);
        Defaults ofAll = further.map(Further::defaults)
                .orElseGet(() -> entries.stream()
                        .findFirst()
                        .map(Entry::defaults)
                        .orElseThrow(() -> new IllegalArgumentException("no models")));
        ModelFronts fronts = new ModelFronts(registry, ofAll, settings, tracing);
        entries.forEach(entry -> fronts.add(entry.plan(), entry.defaults()));
        further.ifPresent(more -> registry.allow(new ModelDownloads(more.source(), registry, fronts)));
        Ports ports = Ports.open(
                http,
                settings.ports(),
                tracing,
                new Operations(fronts::metered, () -> isReady(registry)),
                (about, ofOne) -> fronts.table(http.prefixes(), about, ofOne));
        registry.start();
        return new SeveralModels(registry, fronts, ports);
    }

    /** Whether all are there that should be from the start. */
    private static boolean isReady(ModelRegistry registry) {
        return registry.models().stream()
                .filter(model -> model.plan().residence().pinned())
                .allMatch(model -> model.state().status() == ServedModel.Status.LOADED);
    }

    ModelRegistry registry() {
        return registry;
    }

    @Override
    public URI address() {
        return ports.address();
    }

    @Override
    public Map<String, URI> otherAddresses() {
        return ports.otherAddresses();
    }

    @Override
    public boolean shutDown(Duration grace) throws InterruptedException {
        registry.shut();
        boolean finished = ports.awaitIdle(grace);
        fronts.close();
        registry.close();
        ports.close();
        return finished;
    }
}
