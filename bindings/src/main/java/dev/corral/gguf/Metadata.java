package dev.corral.gguf;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file's key-value pairs, in the order of the file. Immutable. */
public final class Metadata {

    private record Entry(long position, Value value) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    Metadata() {}

    /** False when the key is there already. */
    boolean add(String key, long position, Value value) {
        return entries.putIfAbsent(key, new Entry(position, value)) == null;
    }

    public Set<String> keys() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    public Optional<Value> find(String key) {
        return Optional.ofNullable(get(key));
    }

    /** A string; empty when there is none of that key, or it is something else. */
    public Optional<String> text(String key) {
        return get(key) instanceof Value.Text text ? Optional.of(text.value()) : Optional.empty();
    }

    /** An integer of any width; empty when there is none of that key, or it is something else. */
    public OptionalLong whole(String key) {
        return get(key) instanceof Value.Whole(ValueType type, long value)
                ? OptionalLong.of(value)
                : OptionalLong.empty();
    }

    /** A floating-point number; empty when there is none of that key, or it is something else. */
    public OptionalDouble real(String key) {
        return get(key) instanceof Value.Real(ValueType type, double value)
                ? OptionalDouble.of(value)
                : OptionalDouble.empty();
    }

    /** An array; empty when there is none of that key, or it is something else. */
    public Optional<Value.Array> array(String key) {
        return get(key) instanceof Value.Array array ? Optional.of(array) : Optional.empty();
    }

    /**
     * Where an entry stands, in bytes from the beginning of the file.
     *
     * @throws IllegalArgumentException when there is none of that key
     */
    public long position(String key) {
        Entry entry = entries.get(key);
        if (entry == null) {
            throw new IllegalArgumentException("no metadata " + key);
        }
        return entry.position;
    }

    @Nullable
    Value get(String key) {
        Entry entry = entries.get(key);
        return entry == null ? null : entry.value;
    }
}
