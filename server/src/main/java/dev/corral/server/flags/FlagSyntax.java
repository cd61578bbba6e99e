package dev.corral.server.flags;

import picocli.CommandLine;

/** How all commands read their flags. */
public final class FlagSyntax {

    private FlagSyntax() {}

    /** A command line that takes each flag's variable for its value, and the words that llama-server takes for yes and no. */
    public static CommandLine of(CommandLine commands) {
        return commands.setPosixClusteredShortOptionsAllowed(false)
                .setDefaultValueProvider(new EnvironmentDefaults(System.getenv()))
                .registerConverter(Boolean.class, new SwitchWord())
                .registerConverter(boolean.class, new SwitchWord());
    }
}
