package dev.corral.server.llamacpp;

import dev.corral.engine.MediaFile;
import dev.corral.engine.Range;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.generation.NumberedImages;
import dev.corral.server.http.Fields;
import java.util.HashMap;
import java.util.Map;

/** Images as clients sent them in 2023: {@code image_data} with ids, and {@code [img-12]} in the prompt. */
final class ImageData {

    private static final Range ID = Range.of(Integer.MIN_VALUE, Integer.MAX_VALUE);

    private ImageData() {}

    static NumberedImages read(Fields fields) {
        Map<Integer, MediaFile> images = new HashMap<>();
        for (Fields entry : fields.objects("image_data")) {
            images.put(entry.integer("id", ID, -1), MediaFields.given(entry, "data"));
        }
        return new NumberedImages(images);
    }
}
