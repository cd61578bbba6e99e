/**
 * Tokens that are guessed before they are computed: by lookup in a text's own tokens or by a smaller model, as far as that
 * pays. {@link dev.corral.engine.local.speculation.Speculator} decides.
 *
 * <p>It knows of a completion what {@link dev.corral.engine.local.speculation.Draftable} says.
 */
@NullMarked
package dev.corral.engine.local.speculation;

import org.jspecify.annotations.NullMarked;
