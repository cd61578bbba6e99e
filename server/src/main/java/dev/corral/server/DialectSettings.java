package dev.corral.server;

import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.petals.PetalsSettings;
import java.util.List;

/**
 * What dialects have settings of their own for.
 *
 * @param ports on which one dialect is served alone
 */
record DialectSettings(PetalsSettings petals, EasyLmSettings easyLm, List<ListenFlags.Listen> ports) {

    static final DialectSettings STANDARD =
            new DialectSettings(PetalsSettings.STANDARD, EasyLmSettings.STANDARD, List.of());

    DialectSettings {
        ports = List.copyOf(ports);
    }
}
