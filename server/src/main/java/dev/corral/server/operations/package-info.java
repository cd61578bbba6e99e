/** What a server tells of itself, whichever dialect its clients speak: whether it is ready, and what it answers. */
@NullMarked
package dev.corral.server.operations;

import org.jspecify.annotations.NullMarked;
