package dev.corral.server.model;

import dev.corral.engine.ModelInfo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What clients may call the model.
 *
 * @param name what answers call it
 * @param aliases every name it is known by, {@code name} first
 */
public record ModelNames(String name, List<String> aliases) {

    /** The model that is meant where nobody cares which. */
    public static final String ANY = "default";

    private static final String EXTENSION = ".gguf";

    public ModelNames {
        aliases = List.copyOf(aliases);
    }

    /**
     * The names of a model, its file's among them.
     *
     * @param further names besides the model's own
     */
    public static ModelNames of(ModelInfo model, List<String> further) {
        Set<String> names = new LinkedHashSet<>();
        names.add(model.name());
        names.addAll(further);
        String file = model.path().substring(model.path().replace('\\', '/').lastIndexOf('/') + 1);
        if (!file.isEmpty()) {
            names.add(file);
            names.add(file.endsWith(EXTENSION) ? file.substring(0, file.length() - EXTENSION.length()) : file);
        }
        return new ModelNames(model.name(), new ArrayList<>(names));
    }

    public boolean accept(String asked) {
        return asked.equals(ANY) || aliases.contains(asked);
    }
}
