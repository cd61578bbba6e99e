package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.ModelInfo;
import dev.corral.server.http.Json;

/** {@code GET /tokenizer_info}, by which lm-evaluation-harness knows that it may use the server's tokenizer. */
final class TokenizerInfo {

    private TokenizerInfo() {}

    static ObjectNode of(ModelInfo model) {
        ObjectNode info = Json.object()
                .put("tokenizer_class", "GGUF")
                .put("eos_token", model.vocabulary().eos());
        if (!model.vocabulary().bos().isEmpty()) {
            info.put("bos_token", model.vocabulary().bos());
        }
        model.chatTemplate().ifPresent(template -> info.put("chat_template", template));
        return info.put("model_max_length", model.contextSize());
    }
}
