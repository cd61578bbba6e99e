package dev.corral.server.generation;

import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Speculation;
import java.util.ArrayList;
import java.util.List;

/**
 * llama.cpp's names for ways to speculate. All its n-gram ways are one here, prompt lookup; those that need heads of
 * their own in the model are not served.
 */
public final class SpeculationTypes {

    private static final String NONE = "none";
    private static final String DRAFT_MODEL = "draft-simple";
    private static final String LOOKUP = "ngram-simple";
    private static final List<String> LOOKUPS =
            List.of(LOOKUP, "ngram-map-k", "ngram-map-k4v", "ngram-mod", "ngram-cache");

    private SpeculationTypes() {}

    /**
     * The ways that a list of names switches on, with commas between them; all others are off.
     *
     * @param field what a wrong name is blamed on
     * @param allOn how each way is when it is on
     * @throws InvalidRequestException for a name that is none of those served
     */
    public static Speculation only(String field, String names, Speculation allOn) {
        boolean lookup = false;
        boolean draftModel = false;
        for (String name : names.split(",", -1)) {
            if (LOOKUPS.contains(name)) {
                lookup = true;
            } else if (name.equals(DRAFT_MODEL)) {
                draftModel = true;
            } else if (!name.equals(NONE)) {
                throw new InvalidRequestException(
                        field,
                        name,
                        "must be none, " + DRAFT_MODEL + " or one of " + String.join(", ", LOOKUPS)
                                + "; several with commas between them");
            }
        }
        return new Speculation(
                lookup ? allOn.lookup() : Speculation.Lookup.OFF,
                draftModel ? allOn.draftModel() : Speculation.DraftModel.OFF,
                allOn.adaptive());
    }

    /** The names of the ways that are on. */
    public static String names(Speculation speculation) {
        List<String> names = new ArrayList<>();
        if (speculation.draftModel().isOn()) {
            names.add(DRAFT_MODEL);
        }
        if (speculation.lookup().isOn()) {
            names.add(LOOKUP);
        }
        return names.isEmpty() ? NONE : String.join(",", names);
    }
}
