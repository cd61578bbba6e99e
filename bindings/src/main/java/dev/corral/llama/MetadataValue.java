package dev.corral.llama;

import java.nio.charset.StandardCharsets;

/** A value that replaces one of a model file's metadata while it is loaded. */
public sealed interface MetadataValue {

    record Whole(long value) implements MetadataValue {}

    record Real(double value) implements MetadataValue {}

    record Flag(boolean value) implements MetadataValue {}

    /** At most {@link #MAX_BYTES} bytes of UTF-8. */
    record Text(String value) implements MetadataValue {

        public static final int MAX_BYTES = 127;

        public Text {
            if (value.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES || value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "a metadata text has at most " + MAX_BYTES + " bytes and no NUL: " + value);
            }
        }
    }
}
