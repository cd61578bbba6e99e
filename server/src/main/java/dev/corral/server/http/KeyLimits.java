package dev.corral.server.http;

import dev.corral.engine.Range;

/**
 * What one API key may use.
 *
 * @param requests POST requests a minute; 0 for any number
 * @param tokens tokens a minute, of prompts and generated; 0 for any number
 * @param concurrent POST requests at once; 0 for any number
 */
public record KeyLimits(int requests, int tokens, int concurrent) {

    public static final Range RANGE = Range.atLeast(0);
    public static final KeyLimits NONE = new KeyLimits(0, 0, 0);

    public KeyLimits {
        RANGE.check("key-rpm", requests);
        RANGE.check("key-tpm", tokens);
        RANGE.check("key-concurrent", concurrent);
    }
}
