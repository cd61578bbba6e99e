/** Where log lines go, and how they look: for people, or for programs. */
@NullMarked
package dev.corral.server.log;

import org.jspecify.annotations.NullMarked;
