package dev.corral.server.ollama;

import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;

/** {@code images} of a message or a prompt. Not served yet, and refused rather than ignored. */
final class Images {

    private Images() {}

    static void refuse(Fields fields) {
        if (!fields.texts("images").isEmpty()) {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "'images' are not supported yet");
        }
    }
}
