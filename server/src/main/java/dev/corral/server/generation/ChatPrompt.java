package dev.corral.server.generation;

import dev.corral.engine.Engine;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Query.ApplyTemplate;

/** A conversation: what the model's template is to render, and what is shown in it. */
public record ChatPrompt(ApplyTemplate template, ChatMedia media) {

    /** How many tokens it is. */
    public int length(Engine engine, Defaults defaults) throws InterruptedException {
        Prompt prompt = media.shown(engine.ask(template).prompt(), defaults.remote());
        return engine.ask(new Query.Measure(prompt)).tokens();
    }
}
