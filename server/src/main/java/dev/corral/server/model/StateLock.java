package dev.corral.server.model;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Guards the states of all models; nothing is loaded or closed while it is held. Thread-safe. */
final class StateLock {

    /** The lock, until it is closed. */
    @FunctionalInterface
    interface Held extends AutoCloseable {
        @Override
        void close();
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean ended;

    Held hold() {
        lock.lock();
        return lock::unlock;
    }

    Held holdInterruptibly() throws InterruptedException {
        lock.lockInterruptibly();
        return lock::unlock;
    }

    // below: called by who holds it

    /** Lets those who wait look at the states again. */
    void tell() {
        changed.signalAll();
    }

    void await() throws InterruptedException {
        changed.await();
    }

    /** Waits no longer than so many nanoseconds. */
    void await(long nanos) throws InterruptedException {
        changed.await(nanos, TimeUnit.NANOSECONDS);
    }

    void awaitUninterruptibly() {
        changed.awaitUninterruptibly();
    }

    /** Nothing comes into memory from here on. */
    void end() {
        ended = true;
        tell();
    }

    boolean ended() {
        return ended;
    }
}
