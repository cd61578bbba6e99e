package dev.corral.engine;

/**
 * A LoRA adapter that is loaded.
 *
 * @param id its number: counted up as adapters are loaded, never given twice
 * @param name what requests call it; no other loaded adapter has it
 * @param path where its file is
 * @param scale how strongly it is meant to be applied where a request names it without a scale
 * @param requests completions that are using it, running or waiting
 */
public record AdapterInfo(int id, String name, String path, float scale, int requests) {}
