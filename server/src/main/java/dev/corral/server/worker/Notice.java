package dev.corral.server.worker;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Event;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Reply;

/** What a worker tells the front. */
public sealed interface Notice {

    /** @param done how much of the model is loaded, from 0 to 1 */
    record Loading(double done) implements Notice {}

    record Loaded(ModelInfo model, EngineStats stats) implements Notice {}

    record LoadFailed(LoadFailure failure) implements Notice {}

    /** The engine did not take a generation. */
    record Declined(long generation, EngineError error) implements Notice {}

    record Happened(long generation, Event event) implements Notice {}

    record Answered(long question, Reply reply) implements Notice {}

    record Refused(long question, EngineError error) implements Notice {}

    record Measured(EngineStats stats) implements Notice {}
}
