package dev.corral.llama;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * The open handles that were made from a model, which must be freed before it. Making one and closing the model exclude
 * each other. Safe for several threads.
 */
final class Children {

    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final Set<NativeHandle> open = new LinkedHashSet<>();
    private boolean closed;

    /** @throws IllegalStateException when the model is closed */
    <T extends NativeHandle> T add(Supplier<T> maker) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("this model is closed");
            }
            T child = maker.get();
            synchronized (open) {
                open.add(child);
            }
            return child;
        } finally {
            lock.readLock().unlock();
        }
    }

    void remove(NativeHandle child) {
        synchronized (open) {
            open.remove(child);
        }
    }

    /**
     * Closes the newest first. Where one of them may not be closed now, nothing is.
     *
     * @throws IllegalStateException when a context still belongs to another, living thread
     */
    void close() {
        List<NativeHandle> children;
        lock.writeLock().lock();
        try {
            synchronized (open) {
                children = new ArrayList<>(open);
            }
            children.forEach(NativeHandle::checkClosable);
            closed = true;
        } finally {
            lock.writeLock().unlock();
        }
        children.reversed().forEach(NativeHandle::close);
    }
}
