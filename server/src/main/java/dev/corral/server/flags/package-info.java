/**
 * The flags of the command line, each group with what it makes of them; where else their values come from: the environment and
 * the configuration file; and what is said of a flag that is wrong.
 */
@NullMarked
package dev.corral.server.flags;

import org.jspecify.annotations.NullMarked;
