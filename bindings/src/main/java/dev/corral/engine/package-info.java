/**
 * What an engine is asked and what it answers: immutable records and the {@link dev.corral.engine.Engine} they go
 * through. Nothing here holds a native handle or loads native code, so any of it can cross a process.
 *
 * <p>{@link dev.corral.engine.local.LocalEngine} runs a model in this JVM.
 */
@NullMarked
package dev.corral.engine;

import org.jspecify.annotations.NullMarked;
