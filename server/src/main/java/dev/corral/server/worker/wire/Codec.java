package dev.corral.server.worker.wire;

/**
 * How values of one type travel. Thread-safe.
 *
 * @param <T> the type
 */
public interface Codec<T> {

    void write(T value, WireOutput out);

    /** @throws MalformedFrame when the bytes are no such value */
    T read(WireInput in);
}
