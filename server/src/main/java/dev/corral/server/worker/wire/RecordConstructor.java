package dev.corral.server.worker.wire;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import org.jspecify.annotations.Nullable;

/**
 * A record's constructor. The first records are made by reflection, which is there at once; a method handle is twenty times as
 * fast, but takes the JVM some twenty classes of its own to make, and most records travel once or a few times.
 *
 * <p>Thread-safe.
 */
final class RecordConstructor {

    private static final int OFTEN = 200;

    private final Constructor<?> constructor;

    /** Where two threads count at once, it may be one too few. */
    private volatile int made;

    private volatile @Nullable MethodHandle handle;

    RecordConstructor(Constructor<?> constructor) {
        this.constructor = constructor;
    }

    /**
     * A record of these components.
     *
     * @throws Throwable what the record's own constructor throws
     */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    Object of(Object[] components) throws Throwable {
        MethodHandle quick = handle;
        if (quick != null) {
            return (Object) quick.invokeExact(components);
        }
        if (++made >= OFTEN) {
            handle = spread();
        }
        try {
            return constructor.newInstance(components);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private MethodHandle spread() throws IllegalAccessException {
        return MethodHandles.publicLookup()
                .unreflectConstructor(constructor)
                .asSpreader(Object[].class, constructor.getParameterCount())
                .asType(MethodType.methodType(Object.class, Object[].class));
    }
}
