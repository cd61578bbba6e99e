/** Tests of flags, and of where their values come from. */
@NullMarked
package dev.corral.server.flags;

import org.jspecify.annotations.NullMarked;
