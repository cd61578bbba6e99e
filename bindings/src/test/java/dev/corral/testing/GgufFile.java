package dev.corral.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Writes GGUF version 3, little-endian: a header, metadata, descriptions of tensors, and their data, each tensor's
 * padded to the alignment. Entries are written in the order in which they were put; the same calls give the same bytes.
 *
 * <p>Every number of the header, and the type, shape and offset of a tensor, can be made to lie about what follows.
 * For one thread.
 */
public final class GgufFile {
    private static final int MAGIC = 0x46554747;
    private static final int DEFAULT_ALIGNMENT = 32;

    private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
    private final List<Tensor> tensors = new ArrayList<>();
    private int magic = MAGIC;
    private int version = 3;
    private int alignment = DEFAULT_ALIGNMENT;
    private OptionalLong declaredTensors = OptionalLong.empty();
    private OptionalLong declaredMetadata = OptionalLong.empty();

    private static final class Tensor {
        private final String name;
        private final int type;
        private final long[] shape;
        private final byte[] data;
        private final OptionalLong offset;

        private Tensor(String name, int type, long[] shape, byte[] data, OptionalLong offset) {
            this.name = name;
            this.type = type;
            this.shape = shape;
            this.data = data;
            this.offset = offset;
        }
    }

    /** Adds a metadata entry, or replaces the one of that key where it stands. */
    public GgufFile put(String key, GgufValue value) {
        metadata.put(key, value);
        return this;
    }

    public GgufFile put(String key, String value) {
        return put(key, GgufValue.string(value));
    }

    /** A 32-bit unsigned entry, the type of nearly every count in a model's metadata. */
    public GgufFile put(String key, int value) {
        return put(key, GgufValue.u32(value));
    }

    public GgufFile put(String key, float value) {
        return put(key, GgufValue.f32(value));
    }

    public GgufFile put(String key, boolean value) {
        return put(key, GgufValue.bool(value));
    }

    /** Leaves out a metadata entry that was put before. */
    public GgufFile remove(String key) {
        metadata.remove(key);
        return this;
    }

    /** Adds a tensor. The shape's first dimension is the one whose neighbours are neighbours in {@code values}. */
    public GgufFile tensor(String name, TensorType type, float[] values, long... shape) {
        long count = 1;
        for (long dimension : shape) {
            count = Math.multiplyExact(count, dimension);
        }
        if (count != values.length) {
            throw new IllegalArgumentException(name + ": " + values.length + " values for a shape of " + count);
        }
        tensors.add(new Tensor(name, type.id(), shape.clone(), type.encode(values), OptionalLong.empty()));
        return this;
    }

    /** Adds a tensor as it stands: an unknown type, any number of dimensions of any size, an offset anywhere. */
    public GgufFile rawTensor(String name, int type, byte[] data, OptionalLong offset, long... shape) {
        tensors.add(new Tensor(name, type, shape.clone(), data.clone(), offset));
        return this;
    }

    /** Aligns tensor data, and says so in the metadata. A power of two, 32 if never called. */
    public GgufFile alignment(int bytes) {
        alignment = bytes;
        return put("general.alignment", bytes);
    }

    /** The first four bytes, little-endian. */
    public GgufFile magic(int value) {
        magic = value;
        return this;
    }

    public GgufFile version(int value) {
        version = value;
        return this;
    }

    /** The header's number of tensors, whatever there are. */
    public GgufFile declareTensors(long count) {
        declaredTensors = OptionalLong.of(count);
        return this;
    }

    /** The header's number of metadata entries, whatever there are. */
    public GgufFile declareMetadata(long count) {
        declaredMetadata = OptionalLong.of(count);
        return this;
    }

    /** Where tensor data begins in {@link #bytes()}. */
    public int dataOffset() {
        return header().length;
    }

    public byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(header());
        for (Tensor tensor : tensors) {
            out.writeBytes(tensor.data);
            pad(out);
        }
        return out.toByteArray();
    }

    /** Writes {@link #bytes()} and returns {@code path}. */
    public Path write(Path path) {
        try {
            return Files.write(path, bytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] header() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writeInt(out, magic);
        writeInt(out, version);
        writeLong(out, declaredTensors.orElse(tensors.size()));
        writeLong(out, declaredMetadata.orElse(metadata.size()));
        metadata.forEach((key, value) -> {
            writeString(out, key);
            writeInt(out, value.type());
            value.writeTo(out);
        });
        long end = 0;
        for (Tensor tensor : tensors) {
            writeString(out, tensor.name);
            writeInt(out, tensor.shape.length);
            for (long dimension : tensor.shape) {
                writeLong(out, dimension);
            }
            writeInt(out, tensor.type);
            writeLong(out, tensor.offset.orElse(end));
            end += padded(tensor.data.length);
        }
        pad(out);
        return out.toByteArray();
    }

    private long padded(long size) {
        return (size + alignment - 1) / alignment * alignment;
    }

    private void pad(ByteArrayOutputStream out) {
        out.writeBytes(new byte[(int) (padded(out.size()) - out.size())]);
    }

    private static void writeString(ByteArrayOutputStream out, String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        writeLong(out, utf8.length);
        out.writeBytes(utf8);
    }

    private static void writeInt(ByteArrayOutputStream out, int value) {
        out.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    private static void writeLong(ByteArrayOutputStream out, long value) {
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array());
    }
}
