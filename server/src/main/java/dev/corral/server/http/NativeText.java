package dev.corral.server.http;

import java.util.regex.Pattern;

/** What a library says of its faults, fit for a client: without addresses in memory and without paths of this machine. */
final class NativeText {

    private static final Pattern ADDRESS = Pattern.compile("\\b0[xX][0-9a-fA-F]{4,}\\b");
    private static final Pattern PATH =
            Pattern.compile("(?<![\\w/.:\\\\])(?:[A-Za-z]:\\\\|/(?=[\\w.+-]+/)|\\\\\\\\)[^\\s'\"`,;:()<>]+");

    private NativeText() {}

    static String scrubbed(String message) {
        return PATH.matcher(ADDRESS.matcher(message).replaceAll("[address]")).replaceAll("[path]");
    }
}
