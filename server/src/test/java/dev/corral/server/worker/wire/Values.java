package dev.corral.server.worker.wire;

import dev.corral.engine.EngineException;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Tokens;
import dev.corral.testing.TinyImages;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

/** Makes values of whatever type messages hold, as different as their constructors allow. */
final class Values {

    private static final int ATTEMPTS = 500;
    private static final int WILD = 3;
    private static final int DEEP = 10;
    private static final List<String> STRINGS =
            List.of("", "root", "ascii", "caf\u00e9", "世界 😀", "\ud800 alone", "a\u0000b");

    private final Random random;

    /** How far numbers stray: constructors of many fields refuse wild ones. */
    private boolean wild = true;

    Values(long seed) {
        random = new Random(seed);
    }

    Object of(Type type) {
        return make(type, 0);
    }

    private Object make(Type type, int depth) {
        return switch (type) {
            case ParameterizedType generic -> container(generic, depth);
            case WildcardType wildcard -> make(wildcard.getUpperBounds()[0], depth);
            case Class<?> plain -> plain(plain, depth);
            default -> throw new AssertionError(type);
        };
    }

    private Object container(ParameterizedType type, int depth) {
        Type raw = type.getRawType();
        Type first = type.getActualTypeArguments()[0];
        int size = depth > DEEP ? 0 : random.nextInt(4);
        if (raw == Optional.class) {
            return size == 0 ? Optional.empty() : Optional.of(make(first, depth + 1));
        }
        if (raw == List.class || raw == Set.class) {
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                list.add(make(first, depth + 1));
            }
            return raw == List.class ? list : new HashSet<>(list);
        }
        if (raw == Map.class) {
            Map<Object, Object> map = new HashMap<>();
            for (int i = 0; i < size; i++) {
                map.put(make(first, depth + 1), make(type.getActualTypeArguments()[1], depth + 1));
            }
            return map;
        }
        return make(raw, depth);
    }

    private Object plain(Class<?> type, int depth) {
        if (type.isEnum()) {
            Object[] constants = type.getEnumConstants();
            return constants[random.nextInt(constants.length)];
        }
        if (type.isRecord()) {
            return record(type, depth);
        }
        if (type.isSealed()) {
            List<Class<?>> branches = SealedCodec.branches(type);
            return make(branches.get(random.nextInt(branches.size())), depth + 1);
        }
        return leaf(type);
    }

    private Object record(Class<?> type, int depth) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        for (int i = 0; i < types.length; i++) {
            types[i] = components[i].getType();
        }
        boolean outer = wild;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            wild = outer && attempt < WILD;
            Object[] values = new Object[components.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = make(components[i].getGenericType(), depth + 1);
            }
            wild = outer;
            try {
                return type.getConstructor(types).newInstance(values);
            } catch (InvocationTargetException e) {
                if (!(e.getCause() instanceof EngineException || e.getCause() instanceof IllegalArgumentException)) {
                    throw new AssertionError(type.toString(), e);
                }
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(type.toString(), e);
            }
        }
        throw new AssertionError("every value was refused by " + type);
    }

    private Object leaf(Class<?> type) {
        if (type == int.class || type == Integer.class) {
            return wild ? random.nextInt() >> random.nextInt(32) : 1 + random.nextInt(2);
        }
        if (type == long.class || type == Long.class) {
            return wild ? random.nextLong() >> random.nextInt(64) : (long) random.nextInt(3);
        }
        if (type == boolean.class || type == Boolean.class) {
            return random.nextBoolean();
        }
        if (type == double.class || type == Double.class) {
            return wild ? Double.longBitsToDouble(random.nextLong()) : 0.5 * random.nextInt(3);
        }
        if (type == float.class || type == Float.class) {
            return random.nextFloat();
        }
        if (type == String.class) {
            return STRINGS.get(random.nextInt(STRINGS.size()));
        }
        if (type == Path.class) {
            return Path.of("/models/ü" + random.nextInt(10));
        }
        if (type == Duration.class) {
            return Duration.ofSeconds(random.nextInt(1000), random.nextInt(1_000_000_000));
        }
        if (type == Tokens.class) {
            return Tokens.of(random.ints(random.nextInt(5)).toArray());
        }
        if (type == byte[].class) {
            byte[] bytes = new byte[random.nextInt(5)];
            random.nextBytes(bytes);
            return bytes;
        }
        if (type == MediaFile.class) {
            return MediaFile.of("image", TinyImages.png(random.nextLong(), 2, 3));
        }
        if (type == int[].class) {
            return random.ints(random.nextInt(5)).toArray();
        }
        if (type == double[].class) {
            return random.doubles(random.nextInt(5)).toArray();
        }
        if (type == float[].class) {
            float[] floats = new float[random.nextInt(5)];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = random.nextFloat();
            }
            return floats;
        }
        if (type == OptionalInt.class) {
            return random.nextBoolean() ? OptionalInt.of(1 + random.nextInt(9)) : OptionalInt.empty();
        }
        if (type == OptionalLong.class) {
            return random.nextBoolean() ? OptionalLong.of(random.nextLong()) : OptionalLong.empty();
        }
        if (type == OptionalDouble.class) {
            return random.nextBoolean() ? OptionalDouble.of(random.nextDouble()) : OptionalDouble.empty();
        }
        throw new AssertionError("no values of " + type);
    }
}
