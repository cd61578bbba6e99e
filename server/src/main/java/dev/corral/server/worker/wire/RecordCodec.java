package dev.corral.server.worker.wire;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A record's components, one after the other. Its constructor checks what is read. */
final class RecordCodec implements Codec<Object> {

    private final Class<?> type;
    private volatile @Nullable Shape shape;

    RecordCodec(Class<?> type) {
        this.type = type;
    }

    private record Shape(Component[] components, RecordConstructor constructor) {

        static Shape of(Class<?> type) {
            RecordComponent[] declared = type.getRecordComponents();
            try {
                Component[] components = new Component[declared.length];
                for (int i = 0; i < declared.length; i++) {
                    components[i] = Component.of(declared[i]);
                }
                Class<?>[] types =
                        Arrays.stream(declared).map(RecordComponent::getType).toArray(Class<?>[]::new);
                return new Shape(components, new RecordConstructor(type.getConstructor(types)));
            } catch (ReflectiveOperationException e) {
                throw new IllegalArgumentException("no codec for " + type, e);
            }
        }
    }

    @Override
    public void write(Object value, WireOutput out) {
        for (Component component : shape().components) {
            component.write(value, out);
        }
    }

    @Override
    public Object read(WireInput in) {
        Shape known = shape();
        Object[] values = new Object[known.components.length];
        in.enter();
        for (int i = 0; i < values.length; i++) {
            values[i] = known.components[i].read(in);
        }
        in.leave();
        try {
            return known.constructor.of(values);
        } catch (RuntimeException e) {
            throw new MalformedFrame("a value that " + type.getSimpleName() + " refuses", e);
        } catch (Throwable e) {
            throw Component.unexpected(e);
        }
    }

    private Shape shape() {
        Shape known = shape;
        if (known == null) {
            known = Shape.of(type);
            shape = known;
        }
        return known;
    }
}
