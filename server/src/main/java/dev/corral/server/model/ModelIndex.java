package dev.corral.server.model;

import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Models by what clients call them; the first is meant by {@code default}. As thread-safe as its list. */
final class ModelIndex {

    private static final String ANY = "default";

    private final List<ServedModel> models;

    /** @param models whose changes it sees */
    ModelIndex(List<ServedModel> models) {
        this.models = models;
    }

    /** The model of a name or alias; of {@code MODEL:ADAPTER} or Ollama's {@code MODEL:latest}; or of an adapter. */
    Optional<ServedModel> find(String name) {
        int colon = name.lastIndexOf(':');
        return first(model -> model.plan().name().equals(name))
                .or(() -> first(model -> model.plan().isCalled(name)))
                .or(() -> name.equals(ANY) ? models.stream().findFirst() : Optional.empty())
                .or(() -> first(model -> colon > 0 && model.plan().isCalled(name.substring(0, colon))))
                .or(() -> first(model -> model.plan().adapters().contains(name)));
    }

    private Optional<ServedModel> first(Predicate<ServedModel> meant) {
        return models.stream().filter(meant).findFirst();
    }

    /** Where no name is given. */
    ServedModel require() {
        return models.stream()
                .findFirst()
                .orElseThrow(() -> new ApiException(ApiError.Kind.UNKNOWN_MODEL, "there is no model here yet"));
    }

    ServedModel require(String name) {
        return find(name)
                .orElseThrow(() -> new ApiException(
                        ApiError.Kind.UNKNOWN_MODEL,
                        "there is no model '" + name + "' here; there is " + (models.isEmpty() ? "none" : names())));
    }

    private String names() {
        return models.stream().map(model -> "'" + model.plan().name() + "'").collect(Collectors.joining(", "));
    }
}
