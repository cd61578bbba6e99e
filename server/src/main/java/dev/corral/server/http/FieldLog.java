package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Range;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Notes what a reader asks of {@link Fields}: names, types, ranges, fallbacks. What it has noted is the JSON schema of
 * what the reader accepts, from the very lines that check a request.
 *
 * <p>Used by one thread at a time.
 */
public final class FieldLog {

    private static final class Entry {
        private final List<ObjectNode> types = new ArrayList<>();
        private boolean any;
        private boolean array;
        private @Nullable FieldLog within;
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<List<String>> aliases = new ArrayList<>();

    /** The schema of the object whose fields were read. */
    public ObjectNode schema() {
        ObjectNode schema = Json.object().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        entries.forEach((name, entry) -> properties.set(name, schemaOf(entry)));
        for (List<String> names : aliases) {
            names.stream()
                    .filter(entries::containsKey)
                    .findFirst()
                    .ifPresent(known -> names.stream()
                            .filter(name -> !properties.has(name))
                            .forEach(name -> properties.set(name, properties.get(known))));
        }
        return schema;
    }

    void any(String name) {
        entry(name).any = true;
    }

    void text(String name) {
        type(name, Json.object().put("type", "string"));
    }

    void flag(String name, boolean fallback) {
        type(name, Json.object().put("type", "boolean").put("default", fallback));
    }

    void decimal(String name, Range range, double fallback) {
        ObjectNode type =
                Json.object().put("type", "number").put("minimum", range.min()).put("maximum", range.max());
        type(name, range.contains(fallback) ? type.put("default", fallback) : type);
    }

    void whole(String name, Range range, long fallback) {
        ObjectNode type = Json.object()
                .put("type", "integer")
                .put("minimum", (long) range.min())
                .put("maximum", (long) range.max());
        type(name, range.contains(fallback) ? type.put("default", fallback) : type);
    }

    void texts(String name) {
        ObjectNode list = Json.object().put("type", "array");
        list.putObject("items").put("type", "string");
        type(name, Json.object().put("type", "string"));
        type(name, list);
    }

    void array(String name) {
        entry(name).array = true;
    }

    FieldLog object(String name) {
        Entry entry = entry(name);
        FieldLog within = entry.within;
        if (within == null) {
            within = new FieldLog();
            entry.within = within;
        }
        return within;
    }

    void aliases(String... names) {
        aliases.add(List.of(names));
    }

    private Entry entry(String name) {
        return entries.computeIfAbsent(name, _ -> new Entry());
    }

    private void type(String name, ObjectNode type) {
        Entry entry = entry(name);
        if (entry.types.stream().noneMatch(known -> known.path("type").equals(type.path("type")))) {
            entry.types.add(type);
        }
    }

    /** Null reads as absent, so every field may be null. */
    private static ObjectNode schemaOf(Entry entry) {
        if (entry.any) {
            return Json.object();
        }
        List<ObjectNode> types = new ArrayList<>(entry.types);
        FieldLog within = entry.within;
        if (entry.array) {
            ObjectNode list = Json.object().put("type", "array");
            if (within != null) {
                list.set("items", within.schema());
            }
            types.add(list);
        } else if (within != null) {
            types.add(within.schema());
        }
        if (types.size() == 1) {
            ObjectNode only = types.getFirst().deepCopy();
            ArrayNode withNull = Json.array().add(only.get("type")).add("null");
            only.set("type", withNull);
            return only;
        }
        ObjectNode several = Json.object();
        ArrayNode choices = several.putArray("anyOf");
        types.forEach(choices::add);
        choices.addObject().put("type", "null");
        return several;
    }
}
