/** What a request chooses its tokens by, made ready before it runs: chains of samplers, and grammars. */
@NullMarked
package dev.corral.engine.local.sampling;

import org.jspecify.annotations.NullMarked;
