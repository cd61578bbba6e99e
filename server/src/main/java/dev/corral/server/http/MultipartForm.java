package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/**
 * A multipart form: texts and files, the first of several with one name.
 *
 * @param files by their fields' names; whatever came with a file's name. Not to be changed
 */
public record MultipartForm(Map<String, String> texts, Map<String, byte[]> files) {

    private static final String TYPE = "multipart/form-data";
    private static final int MOST = 1000;
    private static final int HEAD_BYTES = 4096;
    private static final int BOUNDARY_BYTES = 200;

    public MultipartForm {
        texts = Map.copyOf(texts);
        files = Map.copyOf(files);
    }

    static boolean is(String contentType) {
        return contentType.toLowerCase(Locale.ROOT).startsWith(TYPE);
    }

    /**
     * Reads a form.
     *
     * @param body the whole body, whose size was limited before
     * @throws ApiException when it is none
     */
    static MultipartForm parse(String contentType, byte[] body) {
        if (!is(contentType)) {
            throw invalid("the body must be a form, sent as " + TYPE);
        }
        @Nullable String boundary = parameters(contentType).get("boundary");
        if (boundary == null || boundary.isEmpty() || boundary.length() > BOUNDARY_BYTES) {
            throw invalid("the form's Content-Type names no boundary");
        }
        Map<String, String> texts = new LinkedHashMap<>();
        Map<String, byte[]> files = new LinkedHashMap<>();
        try {
            MultipartInput input = MultipartInput.builder()
                    .setInputStream(new ByteArrayInputStream(body))
                    .setBoundary(boundary.getBytes(StandardCharsets.ISO_8859_1))
                    .setPartHeaderSizeMax(HEAD_BYTES)
                    .get();
            input.setHeaderCharset(StandardCharsets.UTF_8);
            int parts = 0;
            for (boolean more = input.skipPreamble(); more; more = input.readBoundary()) {
                if (++parts > MOST) {
                    throw invalid("the form has more than " + MOST + " fields");
                }
                read(input, texts, files);
            }
            if (parts == 0) {
                throw invalid("the form breaks off");
            }
        } catch (FileUploadException e) {
            throw invalid("the form breaks off, or a part of it has no head");
        } catch (IOException e) {
            throw invalid("the form breaks off");
        }
        return new MultipartForm(texts, files);
    }

    private static void read(MultipartInput input, Map<String, String> texts, Map<String, byte[]> files)
            throws IOException {
        Map<String, String> disposition = disposition(input.readHeaders());
        String name = Optional.ofNullable(disposition.get("name"))
                .orElseThrow(() -> invalid("a part of the form has no name"));
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        input.readBodyData(content);
        if (disposition.containsKey("filename")) {
            files.putIfAbsent(name, content.toByteArray());
        } else {
            texts.putIfAbsent(name, content.toString(StandardCharsets.UTF_8));
        }
    }

    private static Map<String, String> disposition(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-disposition:"))
                .findFirst()
                .map(line -> parameters(line.substring(line.indexOf(':') + 1)))
                .orElse(Map.of());
    }

    private static Map<String, String> parameters(String header) {
        ParameterParser parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        return parser.parse(header, new char[] {';', ','});
    }

    /**
     * Its texts as the fields of an object. What is written as a JSON number, true or false is that.
     *
     * @param strings names of fields that are text however they are written
     */
    public Fields fields(Set<String> strings) {
        ObjectNode fields = Json.object();
        texts.forEach((name, text) -> {
            if (strings.contains(name)) {
                fields.put(name, text);
            } else {
                fields.set(name, Json.scalar(text));
            }
        });
        return new Fields(fields);
    }

    private static ApiException invalid(String message) {
        return new ApiException(ApiError.Kind.INVALID, message);
    }
}
