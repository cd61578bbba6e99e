package dev.corral.server.operations;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.server.generation.ForwardingEngine;
import java.util.List;

/**
 * An engine whose generations are measured.
 *
 * @param meter what they are measured with
 */
public record MeteredEngine(Engine engine, RequestMeter meter) implements ForwardingEngine {

    @Override
    public Generation submit(Generate request) {
        List<String> adapters = request.adapters().map(AdapterSet::adapters).orElse(List.of()).stream()
                .map(AdapterSet.Scaled::name)
                .toList();
        return new MeteredGeneration(engine.submit(request), meter, adapters);
    }
}
