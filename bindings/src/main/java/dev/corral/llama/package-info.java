/**
 * llama.cpp, typed: models, vocabularies, contexts, batches, KV memory, samplers, grammars, chat templates, adapters and
 * projectors, one to one with the C API and with {@code corral.h}. The only user of {@code dev.corral.ffi}; no memory segment and no
 * arena leaves this package.
 *
 * <p>Ownership: what is opened is closed by whoever opened it. Closing a {@link dev.corral.llama.Model} closes what was
 * made from it first. {@code close()} may be called again; any other use of a closed object is an
 * {@link java.lang.IllegalStateException}.
 *
 * <p>Threads: {@link dev.corral.llama.Model}, {@link dev.corral.llama.Vocabulary} and
 * {@link dev.corral.llama.ChatTemplate} may be used by several threads at once. A {@link dev.corral.llama.Context}
 * belongs to one thread. Everything else is used by one thread at a time.
 *
 * <p>Errors: an argument that can be judged here is an {@link java.lang.IllegalArgumentException} that names the value
 * and its range; what llama.cpp refuses or fails at is a {@link dev.corral.llama.LlamaException}.
 */
@NullMarked
package dev.corral.llama;

import org.jspecify.annotations.NullMarked;
