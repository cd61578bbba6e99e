/**
 * Who runs, and which tokens the next step computes: {@link dev.corral.engine.local.schedule.Scheduler} lets completions
 * into slots and makes a {@link dev.corral.engine.local.schedule.Plan} of a step.
 */
@NullMarked
package dev.corral.engine.local.schedule;

import org.jspecify.annotations.NullMarked;
