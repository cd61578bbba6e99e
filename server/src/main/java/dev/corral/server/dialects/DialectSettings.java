package dev.corral.server.dialects;

import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.llamacpp.LlamaCppSettings;
import dev.corral.server.petals.PetalsSettings;
import java.util.List;

/**
 * What dialects have settings of their own for.
 *
 * @param ports on which one dialect is served alone
 */
public record DialectSettings(
        LlamaCppSettings llamaCpp, PetalsSettings petals, EasyLmSettings easyLm, List<DialectPort> ports) {

    public static final DialectSettings STANDARD = of(List.of());

    /** The standard, and ports. */
    public static DialectSettings of(List<DialectPort> ports) {
        return new DialectSettings(LlamaCppSettings.STANDARD, PetalsSettings.STANDARD, EasyLmSettings.STANDARD, ports);
    }

    public DialectSettings {
        ports = List.copyOf(ports);
    }
}
