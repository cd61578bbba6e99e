package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.server.http.Fields;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** Images and sounds in a request: base64, and where in a text they are shown. */
public final class MediaFields {

    /** Where an image or sound stands in a text, as llama.cpp's documentation has it. */
    public static final String MARKER = "<__media__>";

    private static final String BASE64 = ";base64";

    private MediaFields() {}

    /**
     * A file in base64.
     *
     * @param name of the field
     */
    public static MediaFile file(Fields fields, String name, JsonNode value) {
        if (!value.isTextual()) {
            throw fields.invalid(name, value, "must be an image or sound in base64");
        }
        return decoded(fields, name, value, value.textValue());
    }

    /** A file in base64, by itself or as a {@code data:} URL, or the address of one. */
    public static MediaSource source(Fields fields, String name) {
        String url = fields.text(name).orElseThrow(() -> fields.missing(name));
        return url.contains("://") && !isData(url)
                ? new MediaSource.Remote(fields.path(name), address(fields, name, url))
                : new MediaSource.Given(given(fields, name));
    }

    private static URI address(Fields fields, String name, String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw fields.invalid(name, fields.json().path(name), "must be a URL");
        }
    }

    private static boolean isData(String url) {
        return url.regionMatches(true, 0, "data:", 0, 5);
    }

    /** A file in base64, by itself or as a {@code data:} URL. */
    public static MediaFile given(Fields fields, String name) {
        String url = fields.text(name).orElseThrow(() -> fields.missing(name));
        JsonNode value = fields.json().path(name);
        if (!isData(url)) {
            return decoded(fields, name, value, url);
        }
        int comma = url.indexOf(',');
        if (comma < 0 || !url.substring(0, comma).toLowerCase(Locale.ROOT).endsWith(BASE64)) {
            throw fields.invalid(name, value, "must be a data: URL with base64, as data:image/png;base64,iVBOR…");
        }
        return decoded(fields, name, value, url.substring(comma + 1));
    }

    private static MediaFile decoded(Fields fields, String name, JsonNode value, String base64) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(withoutSpace(base64));
        } catch (IllegalArgumentException e) {
            throw fields.invalid(name, value, "must be an image or sound in base64");
        }
        return MediaFile.of(fields.path(name), bytes);
    }

    private static String withoutSpace(String text) {
        return text.chars().anyMatch(Character::isWhitespace) ? text.replaceAll("\\s", "") : text;
    }

    /**
     * A text with files in place of its markers.
     *
     * @param field to blame when there are more or fewer of them than markers
     */
    public static Prompt shown(Prompt.Text text, String marker, List<MediaFile> files, String field) {
        List<Prompt> parts = new ArrayList<>();
        String rest = text.text();
        for (MediaFile file : files) {
            int place = rest.indexOf(marker);
            if (place < 0) {
                throw miscounted(parts.size() / 2, files.size(), field);
            }
            parts.add(like(text, rest.substring(0, place)));
            parts.add(new Prompt.Media(file));
            rest = rest.substring(place + marker.length());
        }
        if (rest.contains(marker)) {
            throw miscounted(files.size() + 1, files.size(), field);
        }
        parts.add(like(text, rest));
        return files.isEmpty() ? text : new Prompt.Parts(parts);
    }

    /** A part of a text, read as it is. */
    static Prompt.Text like(Prompt.Text whole, String part) {
        return new Prompt.Text(part, whole.addSpecial(), whole.parseSpecial());
    }

    private static InvalidRequestException miscounted(int markers, int files, String field) {
        return new InvalidRequestException(
                field,
                markers > files ? "more than " + files + " of them" : markers + " of them",
                "must have one " + MARKER + " for each of the " + files + " images and sounds");
    }
}
