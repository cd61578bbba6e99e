package dev.corral.server;

import java.util.List;

/**
 * What dialects have settings of their own for.
 *
 * @param ports on which one dialect is served alone
 */
record DialectSettings(List<ListenFlags.Listen> ports) {

    static final DialectSettings STANDARD = new DialectSettings(List.of());

    DialectSettings {
        ports = List.copyOf(ports);
    }
}
