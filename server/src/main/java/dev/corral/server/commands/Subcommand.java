package dev.corral.server.commands;

import dev.corral.server.flags.BadFlag;
import dev.corral.server.terminal.Terminal;

/** What {@code corral} does when it is told so by its first word; picocli has filled in the flags. */
@FunctionalInterface
public interface Subcommand {

    int OK = 0;
    int FAILED = 1;
    int USAGE = 2;

    /**
     * Does it.
     *
     * @return {@link #OK}, {@link #FAILED} when it could not be done, {@link #USAGE} when the command line is wrong
     * @throws BadFlag when the command line is wrong
     * @throws RuntimeException with a message for the person when it could not be done
     */
    int run(Terminal terminal) throws InterruptedException;
}
