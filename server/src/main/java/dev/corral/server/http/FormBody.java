package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parameters in a request's body, however they were sent: as an urlencoded form, a multipart form, or a JSON object. */
final class FormBody {

    private static final Pattern BOUNDARY = Pattern.compile("boundary=(?:\"([^\"]{1,200})\"|([^;,\\s]{1,200}))");
    private static final Pattern NAME = Pattern.compile("(?i)(?:^|[;\\s])name=(?:\"([^\"]*)\"|([^;\\s]*))");
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
        if (type.startsWith("multipart/form-data")) {
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

    private static ObjectNode multipart(String contentType, byte[] body) {
        Matcher boundary = BOUNDARY.matcher(contentType);
        if (!boundary.find()) {
            throw invalid("the form's Content-Type names no boundary");
        }
        String mark = boundary.group(1) == null ? boundary.group(2) : boundary.group(1);
        // as Latin-1 each byte is a character, so that parts can be cut out and decoded by themselves
        String text = "\r\n" + new String(body, StandardCharsets.ISO_8859_1);
        String[] parts = limited(text.split(Pattern.quote("\r\n--" + mark), MOST + 1));
        if (parts.length < 3 || !parts[parts.length - 1].startsWith("--")) {
            throw invalid("the form breaks off");
        }
        ObjectNode form = Json.object();
        for (int i = 1; i < parts.length - 1; i++) {
            int head = parts[i].indexOf("\r\n\r\n");
            if (head < 0) {
                throw invalid("a part of the form has no head");
            }
            String name = utf8(name(parts[i].substring(0, head)));
            if (!form.has(name)) {
                form.put(name, utf8(parts[i].substring(head + 4)));
            }
        }
        return form;
    }

    private static String name(String head) {
        for (String line : head.split("\r\n", -1)) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-disposition:")) {
                Matcher name = NAME.matcher(line);
                if (name.find()) {
                    return name.group(1) == null ? name.group(2) : name.group(1);
                }
            }
        }
        throw invalid("a part of the form has no name");
    }

    private static String utf8(String latin1) {
        return new String(latin1.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
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
