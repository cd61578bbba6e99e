package dev.corral.server.worker.wire;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;

/** One component of a record: how it is got from its owner, and how it travels. Numbers are not boxed to be written. */
interface Component {

    void write(Object owner, WireOutput out);

    Object read(WireInput in);

    static Component of(RecordComponent component) throws IllegalAccessException {
        Class<?> type = component.getType();
        MethodHandle getter = MethodHandles.publicLookup().unreflect(component.getAccessor());
        if (type == int.class) {
            return new OfInt(getter.asType(MethodType.methodType(int.class, Object.class)));
        }
        if (type == long.class) {
            return new OfLong(getter.asType(MethodType.methodType(long.class, Object.class)));
        }
        if (type == double.class) {
            return new OfDouble(getter.asType(MethodType.methodType(double.class, Object.class)));
        }
        if (type == boolean.class) {
            return new OfBoolean(getter.asType(MethodType.methodType(boolean.class, Object.class)));
        }
        return new OfObject(
                getter.asType(MethodType.methodType(Object.class, Object.class)),
                Codecs.ofComponent(component.getGenericType()));
    }

    record OfInt(MethodHandle getter) implements Component {
        @Override
        public void write(Object owner, WireOutput out) {
            try {
                out.writeInt((int) getter.invokeExact(owner));
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        @Override
        public Object read(WireInput in) {
            return in.readInt();
        }
    }

    record OfLong(MethodHandle getter) implements Component {
        @Override
        public void write(Object owner, WireOutput out) {
            try {
                out.writeLong((long) getter.invokeExact(owner));
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        @Override
        public Object read(WireInput in) {
            return in.readLong();
        }
    }

    record OfDouble(MethodHandle getter) implements Component {
        @Override
        public void write(Object owner, WireOutput out) {
            try {
                out.writeDouble((double) getter.invokeExact(owner));
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        @Override
        public Object read(WireInput in) {
            return in.readDouble();
        }
    }

    record OfBoolean(MethodHandle getter) implements Component {
        @Override
        public void write(Object owner, WireOutput out) {
            try {
                out.writeBoolean((boolean) getter.invokeExact(owner));
            } catch (Throwable e) {
                throw unexpected(e);
            }
        }

        @Override
        public Object read(WireInput in) {
            return in.readBoolean();
        }
    }

    record OfObject(MethodHandle getter, Codec<Object> codec) implements Component {
        @Override
        public void write(Object owner, WireOutput out) {
            Object value;
            try {
                value = (Object) getter.invokeExact(owner);
            } catch (Throwable e) {
                throw unexpected(e);
            }
            codec.write(value, out);
        }

        @Override
        public Object read(WireInput in) {
            return codec.read(in);
        }
    }

    /** What an accessor or a constructor threw; neither declares anything. */
    static RuntimeException unexpected(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }
}
