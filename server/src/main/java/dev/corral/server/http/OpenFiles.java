package dev.corral.server.http;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;

/** How many files the system lets this process have open; each connection is one. */
final class OpenFiles {

    private static final Logger LOG = System.getLogger("dev.corral.server");
    private static final long FOR_OTHER_USES = 512;

    private OpenFiles() {}

    /** As many connections as asked for, or as many as leave files for other uses: accepting must never fail. */
    static int within(int connections) {
        if (!(ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)) {
            return connections;
        }
        long most = system.getMaxFileDescriptorCount();
        long allowed = Math.max(most - FOR_OTHER_USES, most / 4);
        if (allowed < connections) {
            LOG.log(
                    Level.INFO,
                    "{0} connections at most, since the system allows {1} open files",
                    Long.toString(allowed),
                    Long.toString(most));
        }
        return (int) Math.min(connections, allowed);
    }
}
