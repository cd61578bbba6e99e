package dev.corral.server.worker.wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Codecs of values in others. What is read keeps its order and can't be changed. */
final class Containers {

    private Containers() {}

    record OfOptional(Codec<Object> element) implements Codec<Optional<Object>> {
        @Override
        public void write(Optional<Object> value, WireOutput out) {
            out.writeBoolean(value.isPresent());
            value.ifPresent(present -> element.write(present, out));
        }

        @Override
        public Optional<Object> read(WireInput in) {
            return in.readBoolean() ? Optional.of(element.read(in)) : Optional.empty();
        }
    }

    record OfList(Codec<Object> element) implements Codec<List<Object>> {
        @Override
        public void write(List<Object> value, WireOutput out) {
            int size = value.size();
            out.writeUnsigned(size);
            for (int i = 0; i < size; i++) {
                element.write(value.get(i), out);
            }
        }

        @Override
        public List<Object> read(WireInput in) {
            int size = in.readCount();
            if (size == 0) {
                return List.of();
            }
            List<Object> value = new ArrayList<>(Math.min(size, 1024));
            in.enter();
            for (int i = 0; i < size; i++) {
                value.add(element.read(in));
            }
            in.leave();
            return Collections.unmodifiableList(value);
        }
    }

    record OfSet(Codec<Object> element) implements Codec<Set<Object>> {
        @Override
        public void write(Set<Object> value, WireOutput out) {
            out.writeUnsigned(value.size());
            value.forEach(each -> element.write(each, out));
        }

        @Override
        public Set<Object> read(WireInput in) {
            int size = in.readCount();
            Set<Object> value = new LinkedHashSet<>();
            in.enter();
            for (int i = 0; i < size; i++) {
                if (!value.add(element.read(in))) {
                    throw new MalformedFrame("a set with an element twice");
                }
            }
            in.leave();
            return Collections.unmodifiableSet(value);
        }
    }

    record OfMap(Codec<Object> key, Codec<Object> element) implements Codec<Map<Object, Object>> {
        @Override
        public void write(Map<Object, Object> value, WireOutput out) {
            out.writeUnsigned(value.size());
            value.forEach((name, each) -> {
                key.write(name, out);
                element.write(each, out);
            });
        }

        @Override
        public Map<Object, Object> read(WireInput in) {
            int size = in.readCount();
            Map<Object, Object> value = new LinkedHashMap<>();
            in.enter();
            for (int i = 0; i < size; i++) {
                Object name = key.read(in);
                if (value.put(name, element.read(in)) != null) {
                    throw new MalformedFrame("a map with a key twice");
                }
            }
            in.leave();
            return Collections.unmodifiableMap(value);
        }
    }
}
