package dev.corral.server.terminal;

import java.io.InputStream;
import java.io.PrintStream;

/**
 * Where a command reads and writes.
 *
 * @param in what is typed or piped in
 * @param out for what was asked for
 * @param err for everything else that a person may want to know
 * @param interactive whether a person looks at {@code out}, so that a line may be written over
 */
public record Terminal(InputStream in, PrintStream out, PrintStream err, boolean interactive) {}
