package dev.corral.server.worker;

import dev.corral.engine.Engine;
import dev.corral.engine.local.options.LocalEngineOptions;

class WorkerEngineContractTest extends EngineContract {
    @Override
    Engine open(LocalEngineOptions options) throws InterruptedException {
        return WorkerEngine.open(options, progress -> {});
    }
}
