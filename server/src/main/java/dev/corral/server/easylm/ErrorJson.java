package dev.corral.server.easylm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.EngineError;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.Json;

/** Errors as FastAPI tells them: {@code {"detail": [{"type", "loc", "msg", "input"}]}}, or a sentence as the detail. */
final class ErrorJson {

    private static final int UNPROCESSABLE = 422;

    private ErrorJson() {}

    static int status(ApiError error) {
        return error.kind() == ApiError.Kind.INVALID || error.kind() == ApiError.Kind.CONTEXT_EXCEEDED
                ? UNPROCESSABLE
                : error.kind().status();
    }

    static ObjectNode of(ApiError error) {
        ObjectNode json = Json.object();
        if (error.cause().orElse(null) instanceof EngineError.Invalid(String field, String value, String rule)) {
            boolean missing = value.equals("absent");
            ObjectNode detail = json.putArray("detail").addObject();
            detail.put("type", missing ? "missing" : "value_error");
            detail.putArray("loc").add("body").add(field);
            detail.put("msg", missing ? "Field required" : "Input should " + rule.replaceFirst("^must ", ""));
            detail.put("input", value);
        } else {
            json.put("detail", error.message());
        }
        return json;
    }
}
