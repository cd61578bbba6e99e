package dev.corral.server.configuration;

import java.util.List;

/**
 * What a file says for one key.
 *
 * @param key as the file has it
 * @param values in their order; several where the file has a list
 * @param line of the key, from 1
 */
public record Setting(String key, List<String> values, int line) {

    public Setting {
        values = List.copyOf(values);
    }

    /** The key as a flag's name without its dashes: {@code ctx_size} is {@code ctx-size}. */
    public String name() {
        return key.replace('_', '-');
    }
}
