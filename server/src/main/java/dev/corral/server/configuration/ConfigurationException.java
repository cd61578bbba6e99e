package dev.corral.server.configuration;

import java.nio.file.Path;

/** A configuration file says what can't be; the message has the file and the line. */
public final class ConfigurationException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ConfigurationException(String message) {
        super(message);
    }

    /** @param line from 1; 0 for the file as a whole */
    public static ConfigurationException at(Path file, int line, String message) {
        return new ConfigurationException(file + (line > 0 ? ", line " + line : "") + ": " + message);
    }
}
