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

    static final DialectSettings STANDARD = new DialectSettings(
            LlamaCppSettings.STANDARD, PetalsSettings.STANDARD, EasyLmSettings.STANDARD, List.of());

    DialectSettings {
        ports = List.copyOf(ports);
    }
}
