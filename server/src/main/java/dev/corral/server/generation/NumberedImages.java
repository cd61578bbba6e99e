package dev.corral.server.generation;

import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Images that a prompt names by numbers, as {@code [img-12]}. */
public record NumberedImages(Map<Integer, MediaFile> images) {

    private static final Pattern PLACE = Pattern.compile("\\[img-(-?\\d{1,9})]");

    public NumberedImages {
        images = Map.copyOf(images);
    }

    /** The prompt with images in the places that name them; a place that names none stays text. */
    public Prompt in(Prompt prompt) {
        if (images.isEmpty() || !(prompt instanceof Prompt.Text text)) {
            return prompt;
        }
        List<Prompt> parts = new ArrayList<>();
        int from = 0;
        Matcher place = PLACE.matcher(text.text());
        while (place.find()) {
            MediaFile image = images.get(Integer.parseInt(place.group(1)));
            if (image != null) {
                parts.add(MediaFields.like(text, text.text().substring(from, place.start())));
                parts.add(new Prompt.Media(image));
                from = place.end();
            }
        }
        if (parts.isEmpty()) {
            return prompt;
        }
        parts.add(MediaFields.like(text, text.text().substring(from)));
        return new Prompt.Parts(parts);
    }
}
