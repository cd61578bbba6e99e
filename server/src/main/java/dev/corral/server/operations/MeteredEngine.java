package dev.corral.server.operations;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import java.util.List;

/**
 * An engine whose generations are measured.
 *
 * <p>Ownership: closing it closes the engine.
 *
 * @param meter what they are measured with
 */
public record MeteredEngine(Engine engine, RequestMeter meter) implements Engine {

    @Override
    public ModelInfo model() {
        return engine.model();
    }

    @Override
    public Generation submit(Generate request) {
        List<String> adapters = request.adapters().map(AdapterSet::adapters).orElse(List.of()).stream()
                .map(AdapterSet.Scaled::name)
                .toList();
        return new MeteredGeneration(engine.submit(request), meter, adapters);
    }

    @Override
    public <R extends Reply> R ask(Query<R> query) throws InterruptedException {
        return engine.ask(query);
    }

    @Override
    public EngineStats stats() {
        return engine.stats();
    }

    @Override
    public boolean ready() {
        return engine.ready();
    }

    @Override
    public void close() {
        engine.close();
    }
}
