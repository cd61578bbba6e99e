package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.corral_layout;
import dev.corral.ffi.corral_row;
import dev.corral.ffi.corral_score;
import dev.corral.ffi.llama_batch;
import dev.corral.ffi.llama_context_params;
import dev.corral.ffi.llama_logit_bias;
import dev.corral.ffi.llama_model_kv_override;
import dev.corral.ffi.llama_model_params;
import dev.corral.ffi.llama_perf_context_data;
import dev.corral.ffi.llama_sampler_chain_params;
import java.lang.foreign.Arena;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares the structs of the loaded library with those of the bindings, before any is passed. */
final class AbiProbe {

    private static final Map<String, GroupLayout> STRUCTS = Stream.of(
                    NativeError.LAYOUT,
                    corral_layout.layout(),
                    corral_row.layout(),
                    corral_score.layout(),
                    llama_batch.layout(),
                    llama_context_params.layout(),
                    llama_logit_bias.layout(),
                    llama_model_kv_override.layout(),
                    llama_model_params.layout(),
                    llama_perf_context_data.layout(),
                    llama_sampler_chain_params.layout())
            .collect(Collectors.toUnmodifiableMap(layout -> layout.name().orElseThrow(), layout -> layout));

    private AbiProbe() {}

    /** What the library says: the size of "struct", the offset of "struct.field". */
    static Map<String, Long> reported() {
        try (Arena arena = Arena.ofConfined()) {
            int count = Native.corral_layouts(MemorySegment.NULL, 0);
            MemorySegment entries = corral_layout.allocateArray(count, arena);
            Native.corral_layouts(entries, count);
            Map<String, Long> reported = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                MemorySegment entry = corral_layout.asSlice(entries, i);
                reported.put(Utf8.read(corral_layout.name(entry)), corral_layout.value(entry));
            }
            return reported;
        }
    }

    /** One sentence for each difference; structs that the bindings don't use are passed over. */
    static List<String> differences(Map<String, Long> reported) {
        List<String> differences = new ArrayList<>();
        for (String struct : STRUCTS.keySet()) {
            if (!reported.containsKey(struct)) {
                differences.add("the library does not report " + struct);
            }
        }
        reported.forEach((name, value) -> {
            String[] path = name.split("\\.", 2);
            GroupLayout struct = STRUCTS.get(path[0]);
            if (struct == null) {
                return;
            }
            if (path.length == 1) {
                if (struct.byteSize() != value) {
                    differences.add(name + " has " + value + " bytes, the bindings expect " + struct.byteSize());
                }
            } else {
                OptionalLong offset = offset(struct, path[1]);
                if (offset.isEmpty()) {
                    differences.add(name + " is unknown to the bindings");
                } else if (offset.getAsLong() != value) {
                    differences.add(name + " is at byte " + value + ", the bindings expect " + offset.getAsLong());
                }
            }
        });
        return differences;
    }

    /** Where a field is, which may lie in a union without a name. */
    private static OptionalLong offset(GroupLayout group, String field) {
        List<MemoryLayout> members = group.memberLayouts();
        for (int i = 0; i < members.size(); i++) {
            MemoryLayout member = members.get(i);
            long at = group.byteOffset(PathElement.groupElement(i));
            if (member.name().filter(field::equals).isPresent()) {
                return OptionalLong.of(at);
            }
            if (member instanceof GroupLayout inner) {
                OptionalLong within = offset(inner, field);
                if (within.isPresent()) {
                    return OptionalLong.of(at + within.getAsLong());
                }
            }
        }
        return OptionalLong.empty();
    }
}
