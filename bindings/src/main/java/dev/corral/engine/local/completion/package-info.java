/**
 * One continuation of a prompt and what it carries: its tokens, its samplers, its output, the scores that it computes on its
 * way, and the {@link dev.corral.engine.local.completion.LocalGeneration} that its events go to.
 */
@NullMarked
package dev.corral.engine.local.completion;

import org.jspecify.annotations.NullMarked;
