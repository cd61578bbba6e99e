package dev.corral.engine.local.cache;

/**
 * What the memory of a model allows.
 *
 * @param maxSequences how many sequence ids there are
 * @param cells tokens that fit, of all sequences together
 * @param unified sequences share cells, so that a fork copies nothing
 * @param cuttable a sequence can begin with a part of another; false for recurrent state
 * @param window tokens that a sliding window keeps for each sequence, 0 when all are kept
 */
public record MemoryTraits(int maxSequences, int cells, boolean unified, boolean cuttable, int window) {}
