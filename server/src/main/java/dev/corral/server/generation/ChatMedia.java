package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The images and sounds of a conversation. A chat template renders text: where a message shows one, it is given a marker,
 * which nobody can write into a message since nobody knows it, and what is rendered is cut there.
 */
public final class ChatMedia {

    private static final String MARKER = "<__media_" + secret() + "__>";

    private ChatMedia() {}

    private static String secret() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Whether a content part of this type is an image or sound. */
    static boolean isMedia(String type) {
        return type.equals("image_url") || type.equals("input_audio");
    }

    /** The images and sounds of a conversation, in order, as a prompt without text; no tokens where there is none. */
    public static Prompt of(Fields fields) {
        List<Prompt> media = new ArrayList<>();
        for (Fields message : fields.objects("messages")) {
            if (message.json().get("content") instanceof ArrayNode) {
                for (Fields part : message.objects("content")) {
                    String type = part.text("type").orElse("");
                    if (isMedia(type)) {
                        media.add(new Prompt.Media(file(part, type)));
                    }
                }
            }
        }
        return media.isEmpty() ? Prompt.tokens() : new Prompt.Parts(media);
    }

    private static MediaFile file(Fields part, String type) {
        Fields wrapper = part.object(type).orElseThrow(() -> part.missing(type));
        return MediaFields.url(wrapper, type.equals("image_url") ? "url" : wrapper.has("url") ? "url" : "data");
    }

    /** The messages with markers for their images and sounds. */
    static String marked(JsonNode messages) {
        JsonNode copy = messages.deepCopy();
        for (JsonNode message : copy) {
            if (message.get("content") instanceof ArrayNode parts) {
                for (int i = 0; i < parts.size(); i++) {
                    if (isMedia(parts.get(i).path("type").asText())) {
                        ObjectNode marker = Json.object().put("type", "media_marker");
                        parts.set(i, marker.put("text", MARKER));
                    }
                }
            }
        }
        return copy.toString();
    }

    /** What the template made of the conversation, to be shown to people: with markers that they may write themselves. */
    public static String readable(String rendered) {
        return rendered.replace(MARKER, MediaFields.MARKER);
    }

    /**
     * What the template made of the conversation, with its images and sounds.
     *
     * @param media what {@link #of} returned
     */
    public static Prompt shown(Prompt media, String rendered) {
        List<MediaFile> files = media instanceof Prompt.Parts(List<Prompt> parts)
                ? parts.stream()
                        .filter(Prompt.Media.class::isInstance)
                        .map(part -> ((Prompt.Media) part).file())
                        .toList()
                : List.of();
        return MediaFields.shown(new Prompt.Text(rendered, true, true), MARKER, files, "messages");
    }
}
