package dev.corral.server.generation;

import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.AdapterInfo;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.Engine;
import dev.corral.engine.Query;
import dev.corral.engine.Range;
import dev.corral.engine.Reply;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * LoRA adapters as llama.cpp's server takes them, {@code [{"id": 0, "scale": 0.5}]}; {@code name} may stand in place of
 * {@code id}. Adapters that are not in the list are not applied. Whether there are such adapters is for the engine to say.
 */
public record AdapterChoice(List<Entry> entries) {

    private static final Range ID = Range.atLeast(0);

    /**
     * One adapter.
     *
     * @param fields where it was read
     * @param name empty where {@code id} says which
     */
    public record Entry(Fields fields, Optional<String> name, int id, float scale) {

        private static Entry read(Fields fields) {
            Optional<String> name = fields.text("name");
            int id = fields.integer("id", ID, 0);
            float scale = (float) fields.decimal("scale", AdapterSet.Scaled.SCALE, 0);
            if (!fields.has("scale")) {
                throw fields.missing("scale");
            }
            if (name.isEmpty() && !fields.has("id")) {
                throw fields.missing("id");
            }
            return new Entry(fields, name, id, scale);
        }

        private String nameAmong(Reply.AdapterList known) {
            if (name.isPresent()) {
                List<String> names = Stream.concat(
                                known.loaded().stream().map(AdapterInfo::name), known.available().stream())
                        .toList();
                if (!names.contains(name.get())) {
                    throw fields.invalid(
                            "name", TextNode.valueOf(name.get()), "must be " + oneOf(names, "an adapter's name"));
                }
                return name.get();
            }
            return known.loaded().stream()
                    .filter(adapter -> adapter.id() == id)
                    .map(AdapterInfo::name)
                    .findFirst()
                    .orElseThrow(() -> fields.invalid(
                            "id", IntNode.valueOf(id), "must be " + oneOf(ids(known), "an adapter's id")));
        }
    }

    public AdapterChoice {
        entries = List.copyOf(entries);
    }

    /** The adapters in {@code lora}. */
    public static AdapterChoice read(Fields fields) {
        return of(fields.objects("lora"));
    }

    /** The adapters that these objects name. */
    public static AdapterChoice of(List<Fields> objects) {
        return new AdapterChoice(objects.stream().map(Entry::read).toList());
    }

    /** Whether nothing was chosen, which leaves the choice to the server. */
    public boolean isEmpty() {
        return entries.isEmpty();
    }

    /** What was chosen; empty when nothing was. */
    public Optional<AdapterSet> resolve(Engine engine) throws InterruptedException {
        return isEmpty() ? Optional.empty() : Optional.of(set(engine));
    }

    /** What was chosen; no adapters when nothing was. */
    public AdapterSet set(Engine engine) throws InterruptedException {
        if (isEmpty()) {
            return AdapterSet.NONE;
        }
        Reply.AdapterList known = engine.ask(new Query.Adapters());
        List<AdapterSet.Scaled> adapters = new ArrayList<>(entries.size());
        for (Entry entry : entries) {
            adapters.add(new AdapterSet.Scaled(entry.nameAmong(known), entry.scale()));
        }
        return new AdapterSet(adapters);
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
