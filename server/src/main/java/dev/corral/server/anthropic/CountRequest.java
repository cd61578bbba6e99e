package dev.corral.server.anthropic;

import dev.corral.engine.Query;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.util.Optional;

/**
 * What {@code POST /v1/messages/count_tokens} asks for.
 *
 * @param model which model, where the request says
 * @param conversation whose tokens are counted, as the template renders it
 */
record CountRequest(Optional<String> model, Query.ApplyTemplate conversation) {

    static RouteDoc doc() {
        return RouteDoc.of("How many tokens a conversation has")
                .body(
                        CountRequest::read,
                        "{'messages': [{'role': 'user', 'content': 'Hello!'}]}",
                        "{'model': 'default', 'system': 'Be brief.', 'messages': [{'role': 'user', 'content':"
                                + " [{'type': 'text', 'text': 'Hello!'}]}], 'thinking': {'type': 'disabled'}}");
    }

    static CountRequest read(Fields fields) {
        return new CountRequest(fields.text("model"), Conversation.read(fields, Optional.empty()));
    }
}
