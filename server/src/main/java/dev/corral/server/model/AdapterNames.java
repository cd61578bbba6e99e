package dev.corral.server.model;

import dev.corral.engine.AdapterInfo;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.Reply;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Adapters as models of their own: {@code NAME}, or {@code MODEL:NAME} where a model has the same name.
 *
 * @param model whose adapters they are
 */
public record AdapterNames(ModelNames model, Reply.AdapterList adapters) {

    private static final char SEPARATOR = ':';

    /** Every adapter that can be asked for, loaded or not, by its name. */
    public List<String> all() {
        return Stream.concat(adapters.loaded().stream().map(AdapterInfo::name), adapters.available().stream())
                .toList();
    }

    /** The adapter that a model's name means; empty when it means none. */
    public Optional<String> find(String asked) {
        return all().stream()
                .filter(name -> asked.equals(name)
                        || (asked.endsWith(SEPARATOR + name)
                                && model.accept(asked.substring(0, asked.length() - name.length() - 1))))
                .findFirst();
    }

    /** The adapter as it was meant to be applied. */
    public AdapterSet set(String name) {
        float scale = adapters.loaded().stream()
                .filter(adapter -> adapter.name().equals(name))
                .map(AdapterInfo::scale)
                .findFirst()
                .orElse(1f);
        return AdapterSet.of(name, scale);
    }

    /** Its name where a model has the same. */
    public String qualified(String name) {
        return model.name() + SEPARATOR + name;
    }
}
