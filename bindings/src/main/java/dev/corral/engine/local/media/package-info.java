/** Images and sound in a prompt: what stands for them among its tokens, and what the projector computes of them. */
@NullMarked
package dev.corral.engine.local.media;

import org.jspecify.annotations.NullMarked;
