package dev.corral.engine;

/**
 * What a slot is doing.
 *
 * @param index from 0
 * @param running a generation occupies it
 * @param generation that generation's id, or -1
 * @param tokens tokens of its sequence, cached or running
 * @param promptTokens tokens of its prompt
 * @param generatedTokens tokens it has generated
 */
public record SlotState(
        int index, boolean running, long generation, int tokens, int promptTokens, int generatedTokens) {}
