package dev.corral.gguf;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a GGUF file of version 2 or 3, little-endian, says about itself: its metadata and the tensors in it. Only a file
 * that is whole is read: every length lies within the file, every tensor's data too, one behind the other.
 *
 * <p>The file stays mapped as long as this object lives; it must not be cut short meanwhile. Immutable.
 */
public final class Gguf {

    private final Path file;
    private final long size;
    private final int version;
    private final int alignment;
    private final long dataOffset;
    private final Metadata metadata;
    private final Map<String, TensorInfo> tensors;

    Gguf(
            Path file,
            long size,
            int version,
            int alignment,
            long dataOffset,
            Metadata metadata,
            Map<String, TensorInfo> tensors) {
        this.file = file;
        this.size = size;
        this.version = version;
        this.alignment = alignment;
        this.dataOffset = dataOffset;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /**
     * Reads a file's header. Tensor data is not touched.
     *
     * @throws GgufException when it can't be read, is no GGUF file, or is damaged
     */
    public static Gguf read(Path file) {
        return GgufReader.read(file);
    }

    public Path file() {
        return file;
    }

    /** Bytes of the file. */
    public long size() {
        return size;
    }

    /** 2 or 3. */
    public int version() {
        return version;
    }

    /** What the offsets of tensor data are multiples of, in bytes. */
    public int alignment() {
        return alignment;
    }

    /** Where tensor data begins, in bytes. */
    public long dataOffset() {
        return dataOffset;
    }

    public Metadata metadata() {
        return metadata;
    }

    /** In the order of the file. */
    public List<TensorInfo> tensors() {
        return List.copyOf(tensors.values());
    }

    public Optional<TensorInfo> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /** The model's architecture, such as "llama"; an adapter's is that of its model, a projector's is "clip". */
    public Optional<String> architecture() {
        return metadata.text("general.architecture");
    }
}
