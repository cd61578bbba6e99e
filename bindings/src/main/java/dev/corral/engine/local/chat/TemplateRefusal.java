package dev.corral.engine.local.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Grammar.JsonSchema;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.llama.Grammar;
import dev.corral.llama.LlamaException;
import java.util.Optional;

/** Which part of a conversation a template, or what llama.cpp makes of it, could not take. */
final class TemplateRefusal {

    private TemplateRefusal() {}

    static InvalidRequestException of(ApplyTemplate query, ObjectNode request, LlamaException cause) {
        if (query.grammar().orElse(null) instanceof JsonSchema(String schema)) {
            Optional<InvalidRequestException> refusal = refusal("json_schema", schema);
            if (refusal.isPresent()) {
                return refusal.get();
            }
        }
        JsonNode tools = request.path("tools");
        for (int i = 0; i < tools.size(); i++) {
            JsonNode parameters = tools.path(i).path("function").path("parameters");
            Optional<InvalidRequestException> refusal = parameters.isMissingNode()
                    ? Optional.empty()
                    : refusal("tools[" + i + "].function.parameters", parameters.toString());
            if (refusal.isPresent()) {
                return refusal.get();
            }
        }
        return refusal("messages", query.messages(), "don't fit the chat template: ", cause);
    }

    private static Optional<InvalidRequestException> refusal(String field, String schema) {
        try {
            Grammar.fromJsonSchema(schema);
            return Optional.empty();
        } catch (LlamaException e) {
            return Optional.of(refusal(field, schema, "can't be read: ", e));
        }
    }

    private static InvalidRequestException refusal(String field, String value, String rule, LlamaException cause) {
        InvalidRequestException refusal = new InvalidRequestException(field, value, rule + cause.getMessage());
        refusal.initCause(cause);
        return refusal;
    }
}
