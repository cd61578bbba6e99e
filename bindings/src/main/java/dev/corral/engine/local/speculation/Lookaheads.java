package dev.corral.engine.local.speculation;

import dev.corral.engine.Generate;
import dev.corral.engine.Speculation;
import java.util.Optional;

/** What completions speculate with. Thread-safe; called by text threads. */
@FunctionalInterface
public interface Lookaheads {

    /** Nothing is drafted. */
    Lookaheads NONE = (request, prompt) -> Optional.empty();

    /** What each request asks for. */
    Lookaheads LOOKUP = (request, prompt) -> {
        Speculation settings = request.speculation();
        return settings.isOn()
                ? Optional.of(new Lookahead(settings, settings.lookup().isOn() ? index(request, prompt) : null))
                : Optional.empty();
    };

    /** Of a completion that is about to run; empty where nothing is drafted for it. */
    Optional<Lookahead> of(Generate request, int[] prompt);

    private static NgramIndex index(Generate request, int[] prompt) {
        int output = Math.clamp(request.limits().maxTokens(), 64, 1024);
        NgramIndex index = new NgramIndex(request.speculation().lookup().matchTokens(), prompt.length + output);
        index.index(prompt, prompt.length);
        return index;
    }
}
