package dev.corral.server.ollama;

import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;

/** Tools, and calls of them in messages. Not served yet, and refused rather than ignored. */
final class ToolFields {

    private ToolFields() {}

    /** Refuses a request that offers tools. */
    static void refuse(Fields fields) {
        if (!fields.objects("tools").isEmpty()) {
            throw notYet("'tools'");
        }
    }

    /** Refuses a message that tells of calls. */
    static void refuseCalls(Fields message) {
        if (!message.objects("tool_calls").isEmpty()) {
            throw notYet("'tool_calls'");
        }
    }

    static ApiException notYet(String what) {
        return new ApiException(ApiError.Kind.UNSUPPORTED, what + " are not supported yet");
    }
}
