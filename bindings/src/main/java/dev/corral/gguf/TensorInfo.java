package dev.corral.gguf;

import java.util.List;

/**
 * A tensor as a file describes it.
 *
 * @param name at most 63 bytes, unique among a model's tensors
 * @param shape 0 to 4 dimensions; the first is the one whose neighbours are neighbours in memory
 * @param offset where its data begins, in bytes from the beginning of the file
 * @param size bytes of its data
 * @param position where its description stands, in bytes from the beginning of the file
 */
public record TensorInfo(String name, TensorType type, List<Long> shape, long offset, long size, long position) {

    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** The size of a dimension from 0 to 3; 1 where it has fewer. */
    public long dimension(int index) {
        return index < shape.size() ? shape.get(index) : 1;
    }

    /** How many numbers it holds. */
    public long elements() {
        return shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }
}
