package dev.corral.server.worker;

import dev.corral.engine.Engine;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;

class LocalEngineContractTest extends EngineContract {
    @Override
    Engine open(LocalEngineOptions options) {
        return LocalEngine.open(options, progress -> {});
    }
}
