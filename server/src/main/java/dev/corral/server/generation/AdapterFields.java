package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import dev.corral.engine.AdapterInfo;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.Query;
import dev.corral.engine.Range;
import dev.corral.engine.Reply;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * LoRA adapters as llama.cpp's server takes them, {@code [{"id": 0, "scale": 0.5}]}; {@code name} may stand in place of
 * {@code id}. Adapters that are not in the list are not applied.
 */
public final class AdapterFields {

    private static final Range ID = Range.atLeast(0);

    private AdapterFields() {}

    /** The adapters in {@code lora}; empty when it is absent or has none, which leaves the choice to the server. */
    public static Optional<AdapterSet> read(Fields fields, Engine engine) throws InterruptedException {
        List<Fields> entries = fields.objects("lora");
        return entries.isEmpty() ? Optional.empty() : Optional.of(set(entries, engine));
    }

    /** The adapters that these entries name. */
    public static AdapterSet set(List<Fields> entries, Engine engine) throws InterruptedException {
        if (entries.isEmpty()) {
            return AdapterSet.NONE;
        }
        Reply.AdapterList known = engine.ask(new Query.Adapters());
        List<AdapterSet.Scaled> adapters = new ArrayList<>(entries.size());
        for (Fields entry : entries) {
            adapters.add(new AdapterSet.Scaled(name(entry, known), scale(entry)));
        }
        return new AdapterSet(adapters);
    }

    private static float scale(Fields entry) {
        if (!entry.has("scale")) {
            throw entry.missing("scale");
        }
        return (float) entry.decimal("scale", AdapterSet.Scaled.SCALE, 0);
    }

    private static String name(Fields entry, Reply.AdapterList known) {
        Optional<String> name = entry.text("name");
        if (name.isPresent()) {
            List<String> names = Stream.concat(
                            known.loaded().stream().map(AdapterInfo::name), known.available().stream())
                    .toList();
            if (!names.contains(name.get())) {
                throw entry.invalid(
                        "name", Json.object().textNode(name.get()), "must be " + (oneOf(names, "an adapter's name")));
            }
            return name.get();
        }
        if (!entry.has("id")) {
            throw entry.missing("id");
        }
        int id = entry.integer("id", ID, 0);
        JsonNode shown = IntNode.valueOf(id);
        return known.loaded().stream()
                .filter(adapter -> adapter.id() == id)
                .map(AdapterInfo::name)
                .findFirst()
                .orElseThrow(() -> entry.invalid("id", shown, "must be " + oneOf(ids(known), "an adapter's id")));
    }

    private static List<String> ids(Reply.AdapterList known) {
        return known.loaded().stream()
                .map(adapter -> Integer.toString(adapter.id()))
                .toList();
    }

    private static String oneOf(List<String> all, String what) {
        return what
                + (all.isEmpty() ? ", and there is none" : all.stream().collect(Collectors.joining(", ", ": ", "")));
    }
}
