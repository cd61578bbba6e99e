@NullMarked
package dev.corral.server.terminal;

import org.jspecify.annotations.NullMarked;
