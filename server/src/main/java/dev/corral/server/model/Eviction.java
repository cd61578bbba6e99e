package dev.corral.server.model;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Says who has to leave memory for whom. Called under the registry's lock. */
record Eviction(List<ServedModel> models, ModelRegistry.Room room) {

    private List<ServedModel> residents(ServedModel but) {
        return models.stream()
                .filter(model -> model != but)
                .filter(model -> model.admitted)
                .toList();
    }

    boolean fits(ServedModel model) {
        List<ServedModel> residents = residents(model);
        long bytes = residents.stream().mapToLong(other -> other.plan().bytes()).sum()
                + model.plan().bytes();
        boolean fewEnough = room.models() == 0 || residents.size() < room.models();
        return residents.isEmpty() || (fewEnough && (room.bytes() == 0 || bytes <= room.bytes()));
    }

    /** @throws IllegalStateException when it would not fit beside those that stay */
    void requirePossible(ServedModel model) {
        List<ServedModel> pinned = residents(model).stream()
                .filter(other -> other.plan().residence().pinned())
                .toList();
        long bytes = pinned.stream().mapToLong(other -> other.plan().bytes()).sum();
        if (room.models() > 0 && pinned.size() >= room.models()) {
            throw new IllegalStateException(
                    "all " + room.models() + " places are taken by pinned models (--models-max)");
        }
        if (room.bytes() > 0 && !pinned.isEmpty() && bytes + model.plan().bytes() > room.bytes()) {
            throw new IllegalStateException(
                    "it takes about " + mebibytes(model.plan().bytes()) + " MiB, pinned models take " + mebibytes(bytes)
                            + ", and all may take " + mebibytes(room.bytes()) + " (--models-memory)");
        }
    }

    private static long mebibytes(long bytes) {
        return bytes >> 20;
    }

    Optional<ServedModel> longestUnused(ServedModel but) {
        return residents(but).stream()
                .filter(model -> model.state().status() == ServedModel.Status.LOADED)
                .filter(model -> model.users == 0 && !model.plan().residence().pinned())
                .min(Comparator.comparingLong(model -> model.lastUsed));
    }
}
