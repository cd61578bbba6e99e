package dev.corral.server.llamacpp;

import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.engine.Range;
import dev.corral.server.generation.MediaFields;
import dev.corral.server.http.Fields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Images as clients sent them in 2023: {@code image_data} with ids, and {@code [img-12]} in the prompt. */
final class ImageData {

    private static final Range ID = Range.of(Integer.MIN_VALUE, Integer.MAX_VALUE);
    private static final Pattern PLACE = Pattern.compile("\\[img-(-?\\d{1,9})]");

    private final Map<Integer, MediaFile> images;

    private ImageData(Map<Integer, MediaFile> images) {
        this.images = images;
    }

    static ImageData read(Fields fields) {
        Map<Integer, MediaFile> images = new LinkedHashMap<>();
        for (Fields entry : fields.objects("image_data")) {
            images.put(entry.integer("id", ID, -1), MediaFields.url(entry, "data"));
        }
        return new ImageData(images);
    }

    /** The prompts with images in the places that name them; a place that names none stays text. */
    List<Prompt> in(List<Prompt> prompts) {
        return images.isEmpty() ? prompts : prompts.stream().map(this::in).toList();
    }

    private Prompt in(Prompt prompt) {
        if (!(prompt instanceof Prompt.Text text)) {
            return prompt;
        }
        List<Prompt> parts = new ArrayList<>();
        int from = 0;
        Matcher place = PLACE.matcher(text.text());
        while (place.find()) {
            MediaFile image = images.get(Integer.parseInt(place.group(1)));
            if (image != null) {
                parts.add(part(text, from, place.start()));
                parts.add(new Prompt.Media(image));
                from = place.end();
            }
        }
        if (parts.isEmpty()) {
            return prompt;
        }
        parts.add(part(text, from, text.text().length()));
        return new Prompt.Parts(parts);
    }

    private static Prompt part(Prompt.Text text, int from, int to) {
        return new Prompt.Text(text.text().substring(from, to), text.addSpecial(), text.parseSpecial());
    }
}
