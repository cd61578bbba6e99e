package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.corral.engine.Tools;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The functions that a request offers to the model, in their order and in OpenAI's shape, which chat templates are made for.
 *
 * <p>Used by the thread that reads the request.
 */
public final class Functions {

    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]+");

    private final int longestName;
    private final Map<String, ObjectNode> byName;

    /** None yet. */
    public Functions(int longestName) {
        this(longestName, new LinkedHashMap<>());
    }

    private Functions(int longestName, Map<String, ObjectNode> byName) {
        this.longestName = longestName;
        this.byName = byName;
    }

    /**
     * One more.
     *
     * @param function has {@code name}, {@code description} and a schema
     * @param schema the field that the schema is in
     * @param none the schema where there is no such field
     */
    public void add(Fields function, String schema, Supplier<JsonNode> none) {
        String name = function.text("name").orElseThrow(() -> function.missing("name"));
        if (name.length() > longestName || !NAME.matcher(name).matches()) {
            throw function.invalid(
                    "name",
                    function.json().get("name"),
                    "must be 1 to " + longestName + " letters, digits, underscores and dashes");
        }
        ObjectNode checked = Json.object().put("name", name);
        function.text("description").ifPresent(text -> checked.put("description", text));
        JsonNode parameters = function.node(schema).orElseGet(none);
        if (!parameters.isObject()) {
            throw function.invalid(schema, parameters, "must be a JSON schema, an object");
        }
        checked.set("parameters", parameters);
        if (byName.putIfAbsent(name, checked) != null) {
            throw function.invalid("name", function.json().get("name"), "must be another than those before");
        }
    }

    public boolean isEmpty() {
        return byName.isEmpty();
    }

    /** @param fields has {@code tools}, where they were */
    public void requireAtMost(int most, Fields fields) {
        if (byName.size() > most) {
            throw fields.invalid("tools", TextNode.valueOf(byName.size() + " tools"), "must have at most " + most);
        }
    }

    /**
     * Some of them.
     *
     * @param naming has the names, which must be among them
     */
    public Functions only(Set<String> names, Fields naming) {
        if (names.isEmpty() || !byName.keySet().containsAll(names)) {
            String asked = names.size() == 1 ? names.iterator().next() : names.toString();
            throw naming.invalid("name", TextNode.valueOf(asked), "must be among the tools");
        }
        Map<String, ObjectNode> chosen = new LinkedHashMap<>(byName);
        chosen.keySet().retainAll(names);
        return new Functions(longestName, chosen);
    }

    /** For the engine; empty where there are none. */
    public Optional<Tools> toTools(Tools.Choice choice, Optional<Boolean> parallel) {
        if (isEmpty()) {
            return Optional.empty();
        }
        ArrayNode json = Json.array();
        byName.values()
                .forEach(function -> json.addObject().put("type", "function").set("function", function));
        return Optional.of(new Tools(json.toString(), choice, parallel));
    }
}
