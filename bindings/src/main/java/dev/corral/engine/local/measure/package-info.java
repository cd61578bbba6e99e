/**
 * What the engine measures of its steps: the counters that {@link dev.corral.engine.EngineStats} are made of, and how many
 * tokens a step may take while somebody streams.
 */
@NullMarked
package dev.corral.engine.local.measure;

import org.jspecify.annotations.NullMarked;
