/**
 * The engine that runs a model in this JVM: {@link dev.corral.engine.local.LocalEngine} takes messages, {@link
 * dev.corral.engine.local.EngineLoop} is the one thread that touches the context and repeats admit, plan, decode,
 * sample, emit.
 *
 * <p>State sits on the {@link dev.corral.engine.local.Completion}, decisions in the {@link
 * dev.corral.engine.local.Scheduler}, KV cells in the {@link dev.corral.engine.local.KvCache}.
 */
@NullMarked
package dev.corral.engine.local;

import org.jspecify.annotations.NullMarked;
