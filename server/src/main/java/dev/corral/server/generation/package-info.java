/**
 * What dialects that generate text have in common, because it is llama.cpp's own: the fields of a request that become a
 * {@link dev.corral.engine.Generate}, the running of it for a client that may leave, and the numbers of its result.
 */
@NullMarked
package dev.corral.server.generation;

import org.jspecify.annotations.NullMarked;
