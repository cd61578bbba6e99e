/**
 * The KV cache and what leaves it: {@link dev.corral.engine.local.cache.KvCache} decides who keeps what, {@link
 * dev.corral.engine.local.cache.Cells} changes llama.cpp's memory and the {@link
 * dev.corral.engine.local.cache.PrefixTree} alike, and {@link dev.corral.engine.local.cache.StateCache} keeps copies in
 * memory and on disk.
 *
 * <p>It knows tokens and sequences, and nothing of the completions that use them.
 */
@NullMarked
package dev.corral.engine.local.cache;

import org.jspecify.annotations.NullMarked;
