package dev.corral.server.worker.wire;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Codecs of all types that messages are made of, each derived once: a record is its components in order, a sealed type the
 * number of the branch and then the branch, an enum the number of its constant. What a record holds is looked at when
 * first one of its kind travels.
 *
 * <p>Thread-safe.
 */
public final class Codecs {

    private static final Map<Class<?>, Codec<?>> PLAIN = Plain.codecs();
    private static final Codecs SHARED = new Codecs();

    private final Map<Type, Codec<?>> known = new ConcurrentHashMap<>();

    private Codecs() {}

    /**
     * The codec of a type.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static <T> Codec<T> of(Class<T> type) {
        // a codec is kept under the type that it was derived from
        @SuppressWarnings("unchecked")
        Codec<T> codec = (Codec<T>) SHARED.of((Type) type);
        return codec;
    }

    /** The codec of a type with type arguments, as reflection shows it. */
    static Codec<Object> ofComponent(Type type) {
        // values come from a component of this type
        @SuppressWarnings("unchecked")
        Codec<Object> codec = (Codec<Object>) SHARED.of(type);
        return codec;
    }

    private Codec<?> of(Type type) {
        Codec<?> found = known.get(type);
        if (found != null) {
            return found;
        }
        Codec<?> derived = derive(type);
        Codec<?> earlier = known.putIfAbsent(type, derived);
        return earlier == null ? derived : earlier;
    }

    private static Codec<?> derive(Type type) {
        return switch (type) {
            case Class<?> plain -> derive(plain);
            case ParameterizedType generic -> derive(generic);
            case WildcardType wildcard -> ofComponent(wildcard.getUpperBounds()[0]);
            default -> throw new IllegalArgumentException("no codec for " + type);
        };
    }

    private static Codec<?> derive(Class<?> type) {
        Codec<?> plain = PLAIN.get(type);
        if (plain != null) {
            return plain;
        }
        if (type.isEnum()) {
            return new EnumCodec(type);
        }
        if (type.isRecord()) {
            return new RecordCodec(type);
        }
        if (type.isSealed()) {
            return new SealedCodec(type);
        }
        throw new IllegalArgumentException("no codec for " + type);
    }

    private static Codec<?> derive(ParameterizedType type) {
        Type[] arguments = type.getActualTypeArguments();
        if (type.getRawType() == Optional.class) {
            return new Containers.OfOptional(ofComponent(arguments[0]));
        }
        if (type.getRawType() == List.class) {
            return new Containers.OfList(ofComponent(arguments[0]));
        }
        if (type.getRawType() == Set.class) {
            return new Containers.OfSet(ofComponent(arguments[0]));
        }
        if (type.getRawType() == Map.class) {
            return new Containers.OfMap(ofComponent(arguments[0]), ofComponent(arguments[1]));
        }
        return ofComponent(type.getRawType());
    }
}
