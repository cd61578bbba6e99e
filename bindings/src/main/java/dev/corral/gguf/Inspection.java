package dev.corral.gguf;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Questions to one file whose wrong answers end the check. Not for more than one thread. */
final class Inspection {

    private final Gguf gguf;

    Inspection(Gguf gguf) {
        this.gguf = gguf;
    }

    Gguf gguf() {
        return gguf;
    }

    @Nullable
    Value get(String key) {
        return gguf.metadata().get(key);
    }

    boolean has(String key) {
        return get(key) != null;
    }

    /** An entry of 32 unsigned bits, the only type that llama.cpp takes for a count. */
    OptionalLong count(String key) {
        Value value = get(key);
        return value == null ? OptionalLong.empty() : OptionalLong.of(whole(key, value, ValueType.U32));
    }

    long count(String key, long otherwise) {
        return count(key).orElse(otherwise);
    }

    long countBetween(String key, long least, long most) {
        long count = required(key);
        if (count < least || count > most) {
            throw wrong(key, "is " + count + ", but must be " + least + " to " + most);
        }
        return count;
    }

    long required(String key) {
        return count(key).orElseThrow(() -> missing(key));
    }

    long whole(String key, Value value, ValueType expected) {
        if (value instanceof Value.Whole(ValueType type, long number) && type == expected) {
            return number;
        }
        throw wrongType(key, value, expected);
    }

    Optional<String> text(String key) {
        Value value = get(key);
        if (value == null) {
            return Optional.empty();
        }
        if (value instanceof Value.Text text) {
            return Optional.of(text.value());
        }
        throw wrongType(key, value, ValueType.STRING);
    }

    String requiredText(String key) {
        return text(key).orElseThrow(() -> missing(key));
    }

    /** An entry that, where it is there, is of a type. */
    void typeIs(String key, ValueType expected) {
        Value value = get(key);
        if (value != null && value.type() != expected) {
            throw wrongType(key, value, expected);
        }
    }

    Value.@Nullable Array array(String key, ValueType... elements) {
        Value value = get(key);
        if (value == null) {
            return null;
        }
        if (!(value instanceof Value.Array array)) {
            throw wrongType(key, value, ValueType.ARRAY);
        }
        for (ValueType element : elements) {
            if (array.elementType() == element) {
                return array;
            }
        }
        throw wrong(key, "is an array of " + name(array.elementType()) + ", but must be one of " + name(elements[0]));
    }

    /** A number, or one for each of so many layers. Numbers are taken as 32 unsigned bits, as llama.cpp does. */
    long[] perLayer(String key, int layers, long otherwise) {
        long[] numbers = new long[layers];
        if (get(key) instanceof Value.Array) {
            Value.Array array = array(key, ValueType.U32, ValueType.I32, ValueType.BOOL);
            if (array == null || array.length() != layers) {
                throw wrong(key, "has " + (array == null ? 0 : array.length()) + " numbers for " + layers + " layers");
            }
            for (int i = 0; i < layers; i++) {
                numbers[i] = array.whole(i) & 0xFFFFFFFFL;
            }
        } else {
            Arrays.fill(numbers, count(key, otherwise));
        }
        return numbers;
    }

    /** A floating-point entry that must not be negative, nor no number at all. */
    void notNegative(String key) {
        Value value = get(key);
        if (value == null) {
            return;
        }
        if (!(value instanceof Value.Real(ValueType type, double number)) || type != ValueType.F32) {
            throw wrongType(key, value, ValueType.F32);
        }
        if (!(number >= 0)) {
            throw wrong(key, "is " + number + ", but must be 0 or more");
        }
    }

    GgufException missing(String key) {
        return new GgufException(gguf.file(), "lacks the metadata " + key);
    }

    GgufException wrong(String key, String problem) {
        return has(key)
                ? new GgufException(
                        gguf.file(), "metadata " + key, gguf.metadata().position(key), problem)
                : missing(key);
    }

    GgufException wrong(TensorInfo tensor, String problem) {
        return new GgufException(gguf.file(), "tensor " + tensor.name(), tensor.position(), problem);
    }

    private GgufException wrongType(String key, Value value, ValueType expected) {
        return wrong(key, "is of type " + name(value.type()) + ", but must be of type " + name(expected));
    }

    private static String name(ValueType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }
}
