/** What a person at a terminal sees and types. */
@NullMarked
package dev.corral.server.terminal;

import org.jspecify.annotations.NullMarked;
