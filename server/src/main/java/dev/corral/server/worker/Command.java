package dev.corral.server.worker;

import dev.corral.engine.Generate;
import dev.corral.engine.Query;
import dev.corral.engine.local.options.LocalEngineOptions;

/** What the front tells a worker. The first command is to open a model. */
public sealed interface Command {

    /** @param detail the least level that is logged */
    record Open(LocalEngineOptions options, System.Logger.Level detail) implements Command {}

    /** Answered by the generation's events, or by {@link Notice.Declined}. */
    record Submit(long generation, Generate request) implements Command {}

    record Cancel(long generation) implements Command {}

    /** Answered by {@link Notice.Answered} or {@link Notice.Refused}, unless it is given up. */
    record Ask(long question, Query<?> query) implements Command {}

    record GiveUp(long question) implements Command {}

    /** Unload the model and end. */
    record Close() implements Command {}
}
