package dev.corral.server;

import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.dialects.Dialects;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.http.PathPrefixes;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.model.ModelRegistry;
import dev.corral.server.model.ServedModel;
import dev.corral.server.operations.MeteredModel;
import dev.corral.server.operations.Operations;
import dev.corral.server.tracing.Tracing;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

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

    private final ModelRegistry registry;
    private final Map<ServedModel, ModelFront> fronts;
    private final Ports ports;

    private SeveralModels(ModelRegistry registry, Map<ServedModel, ModelFront> fronts, Ports ports) {
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
        return listen(http, entries, room, settings, Optional.empty());
    }

    /** @param tracing told of every request, and closed with the server */
    static SeveralModels listen(
            HttpSettings http,
            List<Entry> entries,
            ModelRegistry.Room room,
            DialectSettings settings,
            Optional<Tracing> tracing)
            throws IOException {
        ModelRegistry registry =
                new ModelRegistry(entries.stream().map(Entry::plan).toList(), room);
        Map<ServedModel, ModelFront> fronts = new IdentityHashMap<>();
        List<MeteredModel> metered = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            ServedModel model = registry.models().get(i);
            Entry entry = entries.get(i);
            ModelFront front = new ModelFront(
                    new Dialects(model.gate(), entry.defaults(), entry.plan().aliases(), settings), tracing);
            fronts.put(model, front);
            metered.add(new MeteredModel(entry.plan().name(), model.gate(), front.meter()));
            registry.prepare(model, front::prepare);
        }
        Ports ports = Ports.open(
                http,
                settings.ports(),
                tracing,
                new Operations(metered, () -> isReady(registry)),
                (ofAll, ofOne) -> table(registry, fronts, http.prefixes(), ofAll, ofOne));
        registry.start();
        return new SeveralModels(registry, fronts, ports);
    }

    /** The routes of all models as one table. */
    private static Routes table(
            ModelRegistry registry,
            Map<ServedModel, ModelFront> fronts,
            PathPrefixes prefixes,
            List<Dialect> ofAll,
            Function<Dialects, List<Dialect>> ofOne) {
        Map<ServedModel, Routes> tables = new IdentityHashMap<>();
        List<Dialect> all = new ArrayList<>(ofAll);
        for (ServedModel model : registry.models()) {
            List<Dialect> own =
                    ofOne.apply(Objects.requireNonNull(fronts.get(model)).dialects());
            tables.put(model, new Routes(own, prefixes));
            if (model == registry.models().getFirst()) {
                all.addAll(own);
            }
        }
        return Routes.choosing(all, prefixes, new ModelChooser(registry, tables, ofAll));
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
        fronts.values().forEach(front -> front.dialects().close());
        registry.close();
        ports.close();
        return finished;
    }
}
