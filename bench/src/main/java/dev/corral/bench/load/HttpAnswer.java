package dev.corral.bench.load;

import java.util.Map;

/**
 * An answer whose body is still to be read.
 *
 * @param headers with names in lower case
 */
record HttpAnswer(int status, Map<String, String> headers, Body body) {

    boolean ok() {
        return status / 100 == 2;
    }
}
