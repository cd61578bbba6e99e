package dev.corral.server.worker.wire;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** All types that messages are made of, and a digest of how they look: two ends understand each other if it is the same. */
public final class Schema {

    private final Map<Class<?>, String> lines = new LinkedHashMap<>();

    private Schema() {}

    /** Everything that values of these types hold. */
    public static Schema of(Class<?>... roots) {
        Schema schema = new Schema();
        for (Class<?> root : roots) {
            schema.add(root);
        }
        return schema;
    }

    /** The types that were found: records, sealed types, enums and plain ones. */
    public Set<Class<?>> types() {
        return Set.copyOf(lines.keySet());
    }

    /** @param build further words that both ends must agree on */
    public byte[] digest(String build) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(build.getBytes(StandardCharsets.UTF_8));
            lines.values().forEach(line -> digest.update(line.getBytes(StandardCharsets.UTF_8)));
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private void add(Type type) {
        switch (type) {
            case Class<?> plain -> add(plain);
            case ParameterizedType generic -> {
                add(generic.getRawType());
                Arrays.stream(generic.getActualTypeArguments()).forEach(this::add);
            }
            case WildcardType wildcard -> add(wildcard.getUpperBounds()[0]);
            default -> throw new IllegalArgumentException("messages can't hold " + type);
        }
    }

    private void add(Class<?> type) {
        if (lines.containsKey(type)) {
            return;
        }
        lines.put(type, "");
        if (type.isEnum()) {
            lines.put(type, type.getName() + Arrays.toString(type.getEnumConstants()) + "\n");
        } else if (type.isRecord()) {
            RecordComponent[] components = type.getRecordComponents();
            lines.put(
                    type,
                    Arrays.stream(components)
                            .map(component -> component.getGenericType().getTypeName() + " " + component.getName())
                            .collect(Collectors.joining(", ", type.getName() + "(", ")\n")));
            Arrays.stream(components).map(RecordComponent::getGenericType).forEach(this::add);
        } else if (type.isSealed()) {
            lines.put(
                    type,
                    SealedCodec.branches(type).stream()
                            .map(Class::getName)
                            .collect(Collectors.joining(" | ", type.getName() + " = ", "\n")));
            SealedCodec.branches(type).forEach(this::add);
        } else {
            lines.put(type, type.getName() + "\n");
        }
    }
}
