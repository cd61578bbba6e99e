package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Capability;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.SlotState;
import dev.corral.server.generation.Defaults;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.http.Json;
import java.util.List;
import java.util.TreeMap;

/** {@code /props} and {@code /slots}: what the server is and what it is doing. */
final class Props {

    private Props() {}

    /** @param system the caller's own */
    static ObjectNode of(ModelInfo model, Defaults defaults, LlamaCppSettings allowed, SystemPrompt system) {
        ObjectNode props = Json.object();
        ObjectNode settings = props.putObject("default_generation_settings");
        settings.set("params", GenerationSettings.of(defaults, model));
        settings.put("n_ctx", model.contextSize());
        props.put("total_slots", model.slots())
                .put("model_alias", model.name())
                .put("model_ftype", model.fileType())
                .put("model_path", model.path());
        props.putObject("modalities")
                .put("vision", model.can(Capability.SEE))
                .put("video", false)
                .put("audio", model.can(Capability.HEAR));
        props.put("media_marker", MediaFields.MARKER);
        props.put("endpoint_slots", allowed.showSlots())
                .put("endpoint_props", allowed.changeProps())
                .put("endpoint_metrics", true)
                .put("ui", false);
        props.putObject("ui_settings");
        props.put("chat_template", model.chatTemplate().orElse(""));
        ObjectNode capabilities = props.putObject("chat_template_caps");
        new TreeMap<>(model.chatCapabilities()).forEach(capabilities::put);
        system.putInto(props);
        return props.put("bos_token", model.vocabulary().bos())
                .put("eos_token", model.vocabulary().eos())
                .put("build_info", model.engine())
                .put("is_sleeping", false)
                .put("cors_proxy_enabled", false);
    }

    static ArrayNode slots(ModelInfo model, List<SlotState> slots) {
        ArrayNode list = Json.array();
        for (SlotState slot : slots) {
            ObjectNode entry = list.addObject()
                    .put("id", slot.index())
                    .put("n_ctx", model.contextSize())
                    .put("speculative", false)
                    .put("is_processing", slot.running())
                    .put("id_task", slot.generation())
                    .put("n_prompt_tokens", slot.promptTokens())
                    .put("n_tokens", slot.tokens());
            entry.putArray("next_token")
                    .addObject()
                    .put("has_next_token", slot.running())
                    .put("n_decoded", slot.generatedTokens());
        }
        return list;
    }
}
