package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.AdapterInfo;
import dev.corral.engine.Engine;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.server.generation.AdapterChoice;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.util.List;

/** {@code /lora-adapters}: which adapters there are, and which apply to requests that don't choose. */
final class LoraAdapters {

    static final RouteDoc LIST = RouteDoc.of("The LoRA adapters, with the scales that apply by default");
    static final RouteDoc APPLY = RouteDoc.of("Which LoRA adapters apply to requests that choose none")
            .list(AdapterChoice::of, "[{'id': 0, 'scale': 0.5}]", "[{'name': 'verse', 'scale': 1}]", "[]");

    private LoraAdapters() {}

    static ArrayNode list(Engine engine) throws InterruptedException {
        Reply.AdapterList adapters = engine.ask(new Query.Adapters());
        ArrayNode list = Json.array();
        for (AdapterInfo adapter : adapters.loaded()) {
            list.addObject()
                    .put("id", adapter.id())
                    .put("name", adapter.name())
                    .put("path", adapter.path())
                    .put("scale", adapters.applied().scaleOf(adapter.name()))
                    .put("task_name", "")
                    .put("prompt_prefix", "");
        }
        return list;
    }

    static ObjectNode apply(List<Fields> entries, Engine engine) throws InterruptedException {
        engine.ask(new Query.ApplyAdapters(AdapterChoice.of(entries).set(engine)));
        return Json.object().put("success", true);
    }
}
