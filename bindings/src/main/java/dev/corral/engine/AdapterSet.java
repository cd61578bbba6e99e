package dev.corral.engine;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * LoRA adapters and how strongly each is applied. Two sets are equal when they compute the same: adapters stand in the
 * order of their names, and those with a scale of 0 are left out.
 *
 * @param adapters what is applied
 */
public record AdapterSet(List<Scaled> adapters) {

    /** The model as it is. */
    public static final AdapterSet NONE = new AdapterSet(List.of());

    /** How many adapters can be applied at once. */
    public static final int MAX = 64;

    /**
     * One adapter.
     *
     * @param name what it is called
     * @param scale its strength; 1 is as it was trained, 0 leaves it out
     */
    public record Scaled(String name, float scale) {

        public static final Range SCALE = Range.of(-100, 100);

        public Scaled {
            SCALE.check("scale", scale);
        }
    }

    public AdapterSet {
        if (adapters.size() > MAX) {
            throw new InvalidRequestException("adapters", adapters.size() + " of them", "must be at most " + MAX);
        }
        Set<String> names = new HashSet<>();
        for (Scaled adapter : adapters) {
            if (!names.add(adapter.name())) {
                throw new InvalidRequestException("adapters", adapter.name() + " twice", "must name each only once");
            }
        }
        adapters = adapters.stream()
                .filter(adapter -> adapter.scale() != 0)
                .sorted(Comparator.comparing(Scaled::name))
                .toList();
    }

    /** One adapter, applied as it was trained. */
    public static AdapterSet of(String name) {
        return of(name, 1);
    }

    public static AdapterSet of(String name, float scale) {
        return new AdapterSet(List.of(new Scaled(name, scale)));
    }

    /** How strongly an adapter is applied; 0 when it is not. */
    public float scaleOf(String name) {
        return adapters.stream()
                .filter(adapter -> adapter.name().equals(name))
                .map(Scaled::scale)
                .findFirst()
                .orElse(0f);
    }
}
