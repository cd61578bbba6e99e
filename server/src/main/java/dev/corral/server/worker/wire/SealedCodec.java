package dev.corral.server.worker.wire;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The number of a branch, in the order of their declaration, then the branch's value. */
final class SealedCodec implements Codec<Object> {

    private final Class<?> type;
    private final List<Codec<Object>> branches = new ArrayList<>();
    private final Map<Class<?>, Integer> numbers = new HashMap<>();

    SealedCodec(Class<?> type) {
        this.type = type;
        for (Class<?> branch : branches(type)) {
            numbers.put(branch, branches.size());
            branches.add(Codecs.ofComponent(branch));
        }
    }

    /** All that a value of this type can be. */
    static List<Class<?>> branches(Class<?> type) {
        List<Class<?>> branches = new ArrayList<>();
        for (Class<?> permitted : type.getPermittedSubclasses()) {
            if (permitted.isSealed() && !permitted.isRecord() && !permitted.isEnum()) {
                branches.addAll(branches(permitted));
            } else {
                branches.add(permitted);
            }
        }
        return branches;
    }

    @Override
    public void write(Object value, WireOutput out) {
        Integer number = numbers.get(value.getClass());
        if (number == null) {
            throw new IllegalArgumentException(value.getClass() + " is no branch of " + type);
        }
        out.writeUnsigned(number);
        branches.get(number).write(value, out);
    }

    @Override
    public Object read(WireInput in) {
        int number = in.readUnsigned();
        if (number < 0 || number >= branches.size()) {
            throw new MalformedFrame("no " + type.getSimpleName() + " has the number " + number);
        }
        return branches.get(number).read(in);
    }
}
