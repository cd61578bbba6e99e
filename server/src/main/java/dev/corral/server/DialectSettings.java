package dev.corral.server;

import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.llamacpp.LlamaCppSettings;
import dev.corral.server.petals.PetalsSettings;
import java.util.List;

/**
 * What dialects have settings of their own for.
 *
 * @param ports on which one dialect is served alone
 */
record DialectSettings(
        LlamaCppSettings llamaCpp, PetalsSettings petals, EasyLmSettings easyLm, List<ListenFlags.Listen> ports) {

    static final DialectSettings STANDARD = of(List.of());

    /** The standard, and ports. */
    static DialectSettings of(List<ListenFlags.Listen> ports) {
        return new DialectSettings(LlamaCppSettings.STANDARD, PetalsSettings.STANDARD, EasyLmSettings.STANDARD, ports);
    }

    DialectSettings {
        ports = List.copyOf(ports);
    }
}
