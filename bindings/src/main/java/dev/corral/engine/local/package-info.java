/**
 * The engine that runs a model in this JVM: {@link dev.corral.engine.local.LocalEngine} takes messages, {@link
 * dev.corral.engine.local.Preparation} makes completions of them on a text thread, and {@link
 * dev.corral.engine.local.EngineLoop} is the one thread that touches the context and repeats admit, plan, decode,
 * sample, emit.
 *
 * <p>State sits on the {@link dev.corral.engine.local.completion.Completion}, decisions in the {@link
 * dev.corral.engine.local.schedule.Scheduler}, KV cells in the {@link dev.corral.engine.local.cache.KvCache}. What these
 * are made of is in rooms that know nothing of this one, nor of each other in a circle.
 */
@NullMarked
package dev.corral.engine.local;

import org.jspecify.annotations.NullMarked;
