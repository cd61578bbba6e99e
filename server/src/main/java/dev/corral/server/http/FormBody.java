package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Parameters in a request's body, however they were sent: as an urlencoded form, a multipart form, or a JSON object. */
final class FormBody {

    private static final int MOST = 1000;

    private FormBody() {}

    /**
     * The parameters; those of a form are strings, and the first of several with one name counts.
     *
     * @throws ApiException when it is none of these
     */
    static ObjectNode parse(Optional<String> contentType, byte[] body) {
        if (body.length == 0) {
            return Json.object();
        }
        String type = contentType.orElse("").toLowerCase(Locale.ROOT);
        if (MultipartForm.is(type)) {
            return multipart(contentType.orElseThrow(), body);
        }
        // clients that send JSON as a form don't say so
        return type.startsWith("application/json") || body[0] == '{' ? JsonBody.parse(body) : urlencoded(body);
    }

    private static ObjectNode urlencoded(byte[] body) {
        ObjectNode form = Json.object();
        for (String pair :
                limited(new String(body, StandardCharsets.UTF_8).strip().split("&", MOST + 1))) {
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            if (!pair.isEmpty() && !form.has(name)) {
                form.put(name, equals < 0 ? "" : decoded(pair.substring(equals + 1)));
            }
        }
        return form;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw invalid("the form is not urlencoded: a '%' has no two hexadecimal digits behind it");
        }
    }

    /** A file's content counts as text. */
    private static ObjectNode multipart(String contentType, byte[] body) {
        MultipartForm parts = MultipartForm.parse(contentType, body);
        ObjectNode form = Json.object();
        parts.files().forEach((name, content) -> form.put(name, new String(content, StandardCharsets.UTF_8)));
        parts.texts().forEach(form::put);
        return form;
    }

    private static String[] limited(String[] parts) {
        if (parts.length > MOST) {
            throw invalid("the form has more than " + MOST + " fields");
        }
        return parts;
    }

    private static ApiException invalid(String message) {
        return new ApiException(ApiError.Kind.INVALID, message);
    }
}
