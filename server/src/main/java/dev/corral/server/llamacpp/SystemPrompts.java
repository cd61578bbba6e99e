package dev.corral.server.llamacpp;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The system prompt that each API key's requests have where they bring none; one for all where there are no keys. Thread-safe. */
final class SystemPrompts {

    private final Map<String, SystemPrompt> byCaller = new ConcurrentHashMap<>();
    private final boolean kept;

    /** @param kept whether what one request brings holds for the next */
    SystemPrompts(boolean kept) {
        this.kept = kept;
    }

    /** What holds for a request that brings {@code own}. */
    SystemPrompt forRequest(String caller, Optional<SystemPrompt> own) {
        if (own.isPresent() && kept) {
            keep(caller, own.get());
        }
        return own.orElseGet(() -> of(caller));
    }

    SystemPrompt of(String caller) {
        return byCaller.getOrDefault(caller, SystemPrompt.NONE);
    }

    void keep(String caller, SystemPrompt prompt) {
        byCaller.put(caller, prompt);
    }
}
