package dev.corral.server.model;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of the models that a server may have in memory.
 *
 * @param name what clients call it
 * @param aliases what else they may
 * @param adapters what clients may call adapters of it
 * @param file it is loaded from, as an operator may see it
 * @param loader brings it into memory
 * @param bytes of memory that it takes; 0 where nobody can tell
 * @param residence when it is there
 */
public record ModelPlan(
        String name,
        List<String> aliases,
        List<String> adapters,
        String file,
        ModelLoader loader,
        long bytes,
        Residence residence) {

    /**
     * When a model is in memory.
     *
     * @param pinned from the start to the end
     * @param preloaded from the start on, until another needs its place
     * @param idle how long it stays without a request; empty for ever
     * @param patience how long a request waits for it
     */
    public record Residence(boolean pinned, boolean preloaded, Optional<Duration> idle, Duration patience) {}

    public ModelPlan {
        aliases = List.copyOf(aliases);
        adapters = List.copyOf(adapters);
    }

    /** {@code OWNER/NAME} of one that is called {@code OWNER/NAME:QUANT}. */
    public Optional<String> repository() {
        int slash = name.indexOf('/');
        int colon = name.lastIndexOf(':');
        return slash > 0 && colon > slash ? Optional.of(name.substring(0, colon)) : Optional.empty();
    }

    /** The same with one more name. */
    public ModelPlan alsoCalled(String alias) {
        List<String> more = new ArrayList<>(aliases);
        more.add(alias);
        return new ModelPlan(name, more, adapters, file, loader, bytes, residence);
    }

    /** Whether this is one of its names. */
    public boolean isCalled(String asked) {
        return name.equals(asked) || aliases.contains(asked);
    }
}
