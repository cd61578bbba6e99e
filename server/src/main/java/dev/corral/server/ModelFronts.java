package dev.corral.server;

import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.dialects.Dialects;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Dialect;
import dev.corral.server.http.PathPrefixes;
import dev.corral.server.http.Routes;
import dev.corral.server.model.ModelDownloads;
import dev.corral.server.model.ModelGate;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.model.ModelRegistry;
import dev.corral.server.model.ServedModel;
import dev.corral.server.operations.MeteredModel;
import dev.corral.server.tracing.Tracing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/**
 * What is before each of several models, and before all of them: the lobby, whose dialects answer what is about no model in
 * particular, and have the routes while there is no model at all. Thread-safe.
 */
final class ModelFronts implements ModelDownloads.Shelf, AutoCloseable {

    private final ModelRegistry registry;
    private final Defaults ofFurther;
    private final DialectSettings settings;
    private final Optional<Tracing> tracing;
    private final Dialects lobby;
    private final Map<ServedModel, ModelFront> fronts = new ConcurrentHashMap<>();

    /** By port: the routes of each model. */
    private final List<Map<ServedModel, Routes>> tables = new CopyOnWriteArrayList<>();

    /** @param ofFurther defaults of models that come while the server runs */
    ModelFronts(ModelRegistry registry, Defaults ofFurther, DialectSettings settings, Optional<Tracing> tracing) {
        this.registry = registry;
        this.ofFurther = ofFurther;
        this.settings = settings;
        this.tracing = tracing;
        this.lobby = new Dialects(new ModelGate(registry), ofFurther, List.of(), settings);
    }

    /** Of several models of a repository, the first is what its name alone means. */
    void add(ModelPlan asPlanned, Defaults defaults) {
        ModelPlan plan = asPlanned
                .repository()
                .filter(name -> registry.find(name).isEmpty())
                .map(asPlanned::alsoCalled)
                .orElse(asPlanned);
        registry.add(plan, model -> {
            ModelFront front = new ModelFront(new Dialects(model.gate(), defaults, plan.aliases(), settings), tracing);
            fronts.put(model, front);
            return front::prepare;
        });
    }

    @Override
    public void add(ModelPlan plan) {
        add(plan, ofFurther);
    }

    @Override
    public void remove(ServedModel model) {
        registry.remove(model);
        tables.forEach(table -> table.remove(model));
        ModelFront front = fronts.remove(model);
        if (front != null) {
            front.dialects().close();
        }
    }

    /** All models, with what their generations are measured with. */
    List<MeteredModel> metered() {
        return registry.models().stream()
                .flatMap(model -> Optional.ofNullable(fronts.get(model)).stream()
                        .map(front -> new MeteredModel(model.plan().name(), model.gate(), front.meter())))
                .toList();
    }

    /**
     * The routes of all models as one table.
     *
     * @param about dialects that are about no model
     * @param ofOne those that are about one, in order
     */
    Routes table(PathPrefixes prefixes, List<Dialect> about, Function<Dialects, List<Dialect>> ofOne) {
        Map<ServedModel, Routes> own = new ConcurrentHashMap<>();
        tables.add(own);
        List<Dialect> all = new ArrayList<>(about);
        all.addAll(ofOne.apply(lobby));
        ModelChooser chooser = new ModelChooser(
                registry,
                model -> own.computeIfAbsent(
                        model, _ -> new Routes(ofOne.apply(front(model).dialects()), prefixes)),
                about);
        return Routes.choosing(all, prefixes, chooser);
    }

    private ModelFront front(ServedModel model) {
        ModelFront front = fronts.get(model);
        if (front == null) {
            throw new ApiException(
                    ApiError.Kind.UNKNOWN_MODEL, "the model '" + model.plan().name() + "' was deleted");
        }
        return front;
    }

    @Override
    public void close() {
        lobby.close();
        fronts.values().forEach(front -> front.dialects().close());
    }
}
