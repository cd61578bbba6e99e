package dev.corral.gguf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The tensors of a model, in however many files they are. Immutable. */
final class ModelTensors {

    private final List<Gguf> parts;

    ModelTensors(List<Gguf> parts) {
        this.parts = List.copyOf(parts);
    }

    Optional<TensorInfo> find(String name) {
        return parts.stream().flatMap(part -> part.tensor(name).stream()).findFirst();
    }

    List<TensorInfo> all() {
        List<TensorInfo> all = new ArrayList<>();
        parts.forEach(part -> all.addAll(part.tensors()));
        return all;
    }

    Gguf first() {
        return parts.getFirst();
    }

    List<Gguf> parts() {
        return parts;
    }
}
