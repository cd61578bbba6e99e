package dev.corral.server.anthropic;

import dev.corral.engine.InvalidRequestException;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import java.util.Set;

/** Tools, and what else of a conversation is no text. Not served yet, and refused where ignoring it would be wrong. */
final class ToolFields {

    private static final Set<String> KNOWN = Set.of(
            "image",
            "document",
            "search_result",
            "tool_use",
            "tool_result",
            "server_tool_use",
            "web_search_tool_result",
            "container_upload");

    private ToolFields() {}

    /** Refuses a request that offers tools which the model may use. */
    static void refuse(Fields fields) {
        boolean offered = !fields.objects("tools").isEmpty();
        boolean declined = fields.object("tool_choice")
                .flatMap(choice -> choice.text("type"))
                .filter("none"::equals)
                .isPresent();
        if (offered && !declined) {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "'tools' are not supported yet");
        }
    }

    /** To be thrown where a block is no text. */
    static RuntimeException notText(Fields block, String type) {
        return KNOWN.contains(type)
                ? new ApiException(ApiError.Kind.UNSUPPORTED, "content of type '" + type + "' is not supported yet")
                : wrong(block);
    }

    private static InvalidRequestException wrong(Fields block) {
        return block.invalid("type", block.json().get("type"), "must be text, thinking or redacted_thinking");
    }
}
