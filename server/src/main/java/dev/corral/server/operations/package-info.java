/** What a server tells of itself, whichever dialect its clients speak: whether it is ready, what it answers,
 * and how fast. */
@NullMarked
package dev.corral.server.operations;

import org.jspecify.annotations.NullMarked;
