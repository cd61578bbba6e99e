/**
 * What tests of any package stand on: small GGUF files with seeded random weights, one for each kind of memory that
 * llama.cpp has, written by the tests themselves in milliseconds.
 *
 * <p>{@link dev.corral.testing.TinyModels} is the way in. {@link dev.corral.testing.GgufFile} also writes files that
 * are wrong on purpose.
 */
@NullMarked
package dev.corral.testing;

import org.jspecify.annotations.NullMarked;
