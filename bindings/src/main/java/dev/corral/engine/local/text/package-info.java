/**
 * From text to tokens on the way in, from tokens to text on the way out, and the threads with large stacks on which native
 * code may recurse over a text.
 */
@NullMarked
package dev.corral.engine.local.text;

import org.jspecify.annotations.NullMarked;
