/** What {@code corral} does beside serving: each command, and the model that it runs in this process. */
@NullMarked
package dev.corral.server.commands;

import org.jspecify.annotations.NullMarked;
