package dev.corral.engine;

/**
 * Where a completion's time went, in nanoseconds.
 *
 * @param queued from submission to a slot
 * @param prompt from the slot to the first token
 * @param generation from the first token to the last
 */
public record Timings(long queued, long prompt, long generation) {}
