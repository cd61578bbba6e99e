/** Beam search: which beams go on, and the completions that carry them. */
@NullMarked
package dev.corral.engine.local.beam;

import org.jspecify.annotations.NullMarked;
