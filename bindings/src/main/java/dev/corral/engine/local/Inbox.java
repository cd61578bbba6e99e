package dev.corral.engine.local;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Commands for the engine thread, which runs them between its steps. Any thread posts; the engine thread takes. */
final class Inbox {

    private final ConcurrentLinkedQueue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread reader;

    /** Says which thread takes. */
    void readBy(Thread thread) {
        reader = thread;
    }

    void post(Runnable command) {
        commands.add(command);
        wake();
    }

    void wake() {
        LockSupport.unpark(reader);
    }

    @Nullable
    Runnable poll() {
        return commands.poll();
    }
}
