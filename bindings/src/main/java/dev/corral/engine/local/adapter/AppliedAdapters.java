package dev.corral.engine.local.adapter;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.llama.Adapter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An {@link AdapterSet} of adapters that are loaded.
 *
 * @param identity digest of the adapters' bytes and scales; "" for none. Sets with the same compute the same
 */
public record AppliedAdapters(List<LoadedAdapter> adapters, List<Float> scales, String identity) {

    public static final AppliedAdapters NONE = new AppliedAdapters(List.of(), List.of(), "");

    static AppliedAdapters of(List<LoadedAdapter> adapters, AdapterSet set) {
        if (adapters.isEmpty()) {
            return NONE;
        }
        List<Float> scales =
                adapters.stream().map(adapter -> set.scaleOf(adapter.name())).toList();
        StringBuilder identity = new StringBuilder();
        for (int i = 0; i < adapters.size(); i++) {
            identity.append(adapters.get(i).digest()).append(Float.floatToIntBits(scales.get(i)));
        }
        return new AppliedAdapters(
                List.copyOf(adapters),
                scales,
                PrefixSpace.digest(identity.toString().getBytes(StandardCharsets.UTF_8)));
    }

    void retain() {
        adapters.forEach(LoadedAdapter::retain);
    }

    void release() {
        adapters.forEach(LoadedAdapter::release);
    }

    List<Adapter> natives() {
        return adapters.stream().map(LoadedAdapter::adapter).toList();
    }

    float[] strengths() {
        float[] strengths = new float[scales.size()];
        for (int i = 0; i < strengths.length; i++) {
            strengths[i] = scales.get(i);
        }
        return strengths;
    }
}
