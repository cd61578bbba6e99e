package dev.corral.server.generation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.remote.RemoteFiles;
import dev.corral.server.remote.RemoteHosts;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The images and sounds of a conversation. A chat template renders text: where a message shows one, it is given a marker,
 * which nobody can write into a message since nobody knows it, and what is rendered is cut there.
 *
 * @param sources where they come from, in the order of their markers
 */
public record ChatMedia(List<MediaSource> sources) {

    public static final ChatMedia NONE = new ChatMedia(List.of());

    private static final String MARKER = "<__media_" + secret() + "__>";

    public ChatMedia {
        sources = List.copyOf(sources);
    }

    private static String secret() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Whether a content part of this type is an image or sound. */
    static boolean isMedia(String type) {
        return type.equals("image_url") || type.equals("input_audio");
    }

    /** The images and sounds of a conversation in OpenAI's shape. */
    public static ChatMedia of(Fields fields) {
        List<MediaSource> sources = new ArrayList<>();
        for (Fields message : fields.objects("messages")) {
            if (message.json().get("content") instanceof ArrayNode) {
                for (Fields part : message.objects("content")) {
                    String type = part.text("type").orElse("");
                    if (isMedia(type)) {
                        sources.add(source(part, type));
                    }
                }
            }
        }
        return new ChatMedia(sources);
    }

    /** An image or sound of a content part in OpenAI's shape. */
    public static MediaSource source(Fields part, String type) {
        Fields wrapper = part.object(type).orElseThrow(() -> part.missing(type));
        return MediaFields.source(wrapper, type.equals("image_url") || wrapper.has("url") ? "url" : "data");
    }

    /** The part of a message's content that stands for an image or sound, as a template is given it. */
    public static ObjectNode marker() {
        return Json.object().put("type", "media_marker").put("text", MARKER);
    }

    /** The messages with markers for their images and sounds. */
    static String marked(JsonNode messages) {
        JsonNode copy = messages.deepCopy();
        for (JsonNode message : copy) {
            if (message.get("content") instanceof ArrayNode parts) {
                for (int i = 0; i < parts.size(); i++) {
                    if (isMedia(parts.get(i).path("type").asText())) {
                        parts.set(i, marker());
                    }
                }
            }
        }
        return copy.toString();
    }

    public boolean isEmpty() {
        return sources.isEmpty();
    }

    /** What the template made of the conversation, to be shown to people: with markers that they may write themselves. */
    public static String readable(String rendered) {
        return rendered.replace(MARKER, MediaFields.MARKER);
    }

    /**
     * What the template made of the conversation, with its images and sounds.
     *
     * @param hosts from which those that are elsewhere may be fetched
     */
    public Prompt shown(String rendered, RemoteHosts hosts) throws InterruptedException {
        RemoteFiles elsewhere = new RemoteFiles(hosts);
        List<MediaFile> files = new ArrayList<>();
        for (MediaSource source : sources) {
            files.add(
                    switch (source) {
                        case MediaSource.Given(MediaFile file) -> file;
                        case MediaSource.Remote(var field, var address) ->
                            MediaFile.of(field, elsewhere.fetch(field, address));
                    });
        }
        return MediaFields.shown(new Prompt.Text(rendered, true, true), MARKER, files, "messages");
    }
}
