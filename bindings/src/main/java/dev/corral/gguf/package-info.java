/**
 * GGUF files in Java alone: what a file says about itself, and whether llama.cpp can load it. llama.cpp trusts much of
 * what it reads and ends the process where a number makes no sense, so a file is judged here before native code sees it.
 *
 * <p>{@link dev.corral.gguf.Gguf} reads a file's metadata and tensor descriptions; {@link dev.corral.gguf.GgufCheck} says
 * whether a model, an adapter or a projector can be loaded. Neither touches native code.
 *
 * <p>Errors: {@link dev.corral.gguf.GgufException}, which names the file, the key or tensor, the byte and the limit.
 */
@NullMarked
package dev.corral.gguf;

import org.jspecify.annotations.NullMarked;
