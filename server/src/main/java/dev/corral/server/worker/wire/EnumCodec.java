package dev.corral.server.worker.wire;

import java.util.Objects;

/** A constant as its number. */
final class EnumCodec implements Codec<Object> {

    private final Class<?> type;
    private final Object[] constants;

    EnumCodec(Class<?> type) {
        this.type = type;
        this.constants = Objects.requireNonNull(type.getEnumConstants());
    }

    @Override
    public void write(Object value, WireOutput out) {
        out.writeUnsigned(((Enum<?>) value).ordinal());
    }

    @Override
    public Object read(WireInput in) {
        int ordinal = in.readUnsigned();
        if (ordinal < 0 || ordinal >= constants.length) {
            throw new MalformedFrame("no " + type.getSimpleName() + " has the number " + ordinal);
        }
        return constants[ordinal];
    }
}
