package dev.corral.engine.local;

import dev.corral.engine.Generate;
import dev.corral.engine.Speculation;
import java.util.Optional;

/** What completions speculate with. Thread-safe; called by text threads. */
@FunctionalInterface
interface Lookaheads {

    /** Nothing is drafted. */
    Lookaheads NONE = (request, prompt) -> Optional.empty();

    /** What each request asks for. */
    Lookaheads LOOKUP = (request, prompt) -> {
        Speculation settings = request.speculation();
        return settings.isOn()
                ? Optional.of(new Lookahead(
                        settings,
                        settings.lookup().isOn()
                                ? new NgramIndex(settings.lookup().matchTokens(), prompt.length + room(request))
                                : null))
                : Optional.empty();
    };

    /** Of a completion that is about to run; empty where nothing is drafted for it. */
    Optional<Lookahead> of(Generate request, int[] prompt);

    private static int room(Generate request) {
        return Math.clamp(request.limits().maxTokens(), 64, 1024);
    }
}
