package dev.corral.server.anthropic;

import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.util.Optional;

/**
 * What {@code POST /v1/messages/count_tokens} asks for.
 *
 * @param model which model, where the request says
 * @param conversation whose tokens are counted, as the template renders it
 */
record CountRequest(Optional<String> model, ChatPrompt conversation) {

    static RouteDoc doc(ChatDefaults defaults) {
        return RouteDoc.of("How many tokens a conversation has")
                .body(
                        fields -> read(fields, defaults),
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}]}",
                        "{'model': 'default', 'system': 'Be brief.', 'messages': [{'role': 'user', 'content':"
                                + " [{'type': 'text', 'text': 'Hello!'}]}], 'thinking': {'type': 'disabled'}}");
    }

    static CountRequest read(Fields fields, ChatDefaults defaults) {
        return new CountRequest(fields.text("model"), Conversation.read(fields, Optional.empty(), defaults));
    }
}
