package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;

/** vLLM's routes that load and unload an adapter while the server runs; by name only, from the operator's folder. */
final class AdapterActions {

    private static final String NAME = "lora_name";
    private static final String PATH = "lora_path";

    static final RouteDoc LOAD = RouteDoc.of("Loads a LoRA adapter from the server's folder of adapters")
            .body(AdapterActions::withoutPath, "{'lora_name': 'rhyme'}");
    static final RouteDoc UNLOAD =
            RouteDoc.of("Unloads a LoRA adapter").body(AdapterActions::name, "{'lora_name': 'verse'}");

    private AdapterActions() {}

    static ObjectNode load(Fields fields, Engine engine) throws InterruptedException {
        String name = withoutPath(fields);
        return done(name, new Query.LoadAdapter(name), engine);
    }

    static ObjectNode unload(Fields fields, Engine engine) throws InterruptedException {
        String name = name(fields);
        return done(name, new Query.UnloadAdapter(name), engine);
    }

    private static String withoutPath(Fields fields) {
        if (fields.has(PATH)) {
            throw fields.invalid(
                    PATH, fields.json().get(PATH), "must be absent: adapters are loaded from the server's own folder");
        }
        return name(fields);
    }

    private static String name(Fields fields) {
        return fields.text(NAME).orElseThrow(() -> fields.missing(NAME));
    }

    private static ObjectNode done(String name, Query<Reply.AdapterList> query, Engine engine)
            throws InterruptedException {
        try {
            engine.ask(query);
            return Json.object().put("success", true).put(NAME, name);
        } catch (InvalidRequestException e) {
            throw e.error() instanceof EngineError.Invalid(String _, String value, String rule)
                    ? new InvalidRequestException(NAME, value, rule)
                    : e;
        }
    }
}
