package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.MediaFile;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code images} of a message or a prompt, in base64. */
final class Images {

    private static final String NAME = "images";

    private Images() {}

    static List<MediaFile> read(Fields fields) {
        Optional<ArrayNode> array = fields.array(NAME);
        List<MediaFile> images = new ArrayList<>();
        for (int i = 0; i < array.map(ArrayNode::size).orElse(0); i++) {
            images.add(MediaFields.file(
                    fields, NAME + "[" + i + "]", array.orElseThrow().get(i)));
        }
        return images;
    }
}
