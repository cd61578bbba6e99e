package dev.corral.engine;

/**
 * A function that a model calls.
 *
 * @param id how the model calls the call; empty where its format has no such thing
 * @param arguments JSON text, as far as it was written
 */
public record ToolCall(String id, String name, String arguments) {}
