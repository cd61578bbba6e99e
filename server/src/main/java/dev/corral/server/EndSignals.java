package dev.corral.server;

import java.time.Duration;
import sun.misc.Signal;

/** What ends a server that is ending already. */
final class EndSignals {

    /** As the shell counts a process that a signal ended: 128 and the signal's number. */
    private static final int SIGNALLED = 128;

    private EndSignals() {}

    /** From here on another SIGTERM or SIGINT ends the process at once; the first one has begun an orderly end. */
    static void endAtOnce() {
        for (String name : new String[] {"TERM", "INT"}) {
            Signal.handle(new Signal(name), signal -> Runtime.getRuntime().halt(SIGNALLED + signal.getNumber()));
        }
    }

    /** Ends the process after this time, should it still be there: a native call may never return. */
    static void endAfter(Duration patience, int code) {
        Thread.ofPlatform().name("last resort").daemon().start(() -> {
            try {
                Thread.sleep(patience);
                Runtime.getRuntime().halt(code);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
