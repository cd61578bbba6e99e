package dev.corral.server;

import dev.corral.engine.Engine;
import dev.corral.server.dialects.Dialects;
import dev.corral.server.operations.MeteredEngine;
import dev.corral.server.operations.RequestMeter;
import dev.corral.server.tracing.Tracing;
import java.util.Optional;

/**
 * What is between clients and the engine of one model: its dialects, and whatever notes what they ask. Thread-safe.
 *
 * @param meter what its generations are measured with
 */
record ModelFront(Dialects dialects, RequestMeter meter, Optional<Tracing> tracing) {

    ModelFront(Dialects dialects, Optional<Tracing> tracing) {
        this(dialects, new RequestMeter(), tracing);
    }

    /** The engine as the dialects see it. */
    Engine observed(Engine loaded) {
        return new MeteredEngine(tracing.map(spans -> spans.of(loaded)).orElse(loaded), meter);
    }

    /** The same, after they have prepared. */
    Engine prepare(Engine loaded) throws InterruptedException {
        dialects.warmUp(loaded);
        return observed(loaded);
    }
}
