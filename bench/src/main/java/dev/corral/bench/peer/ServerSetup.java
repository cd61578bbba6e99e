package dev.corral.bench.peer;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The settings of a server, the same for both.
 *
 * @param context tokens of context, of all slots together
 * @param slots requests that run at once; as the server comes where empty
 * @param flags any others that both know
 */
public record ServerSetup(int context, OptionalInt slots, List<String> flags) {

    public static final int BATCH = 2048;
    public static final int MICRO_BATCH = 512;

    public ServerSetup {
        flags = List.copyOf(flags);
    }

    /** As the servers come: 4 slots. */
    public static ServerSetup context(int tokens) {
        return new ServerSetup(tokens, OptionalInt.empty(), List.of());
    }

    public ServerSetup slots(int count) {
        return new ServerSetup(context, OptionalInt.of(count), flags);
    }

    public ServerSetup with(String... more) {
        List<String> all = new ArrayList<>(flags);
        all.addAll(List.of(more));
        return new ServerSetup(context, slots, all);
    }

    /** The flags of either server, model and address excepted. Neither speculates unless told to. */
    List<String> toFlags(int threads) {
        List<String> all = new ArrayList<>(List.of(
                "-c", String.valueOf(context),
                "-b", String.valueOf(BATCH),
                "-ub", String.valueOf(MICRO_BATCH),
                "-t", String.valueOf(threads)));
        slots.ifPresent(count -> all.addAll(List.of("-np", String.valueOf(count))));
        if (!flags.contains("--spec-type")) {
            all.addAll(List.of("--spec-type", "none"));
        }
        all.addAll(flags);
        return all;
    }
}
