package dev.corral.server.dialects;

import dev.corral.server.http.HttpSettings;

/**
 * A port for one dialect.
 *
 * @param dialect its name, one of {@link Dialects#NAMES}
 * @param http how it is reached
 */
public record DialectPort(String dialect, HttpSettings http) {}
