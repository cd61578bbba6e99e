package dev.corral.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Under what every route is found besides the root: paths that were chosen for this server, and {@code /vm/ANYTHING}, as a
 * host of virtual machines forwards requests without taking its own part off the path.
 *
 * @param chosen each begins with '/' and does not end with one
 */
public record PathPrefixes(List<String> chosen) {

    /** Nothing but {@code /vm/ANYTHING}. */
    public static final PathPrefixes STANDARD = new PathPrefixes(List.of());

    private static final Pattern CHOSEN = Pattern.compile("(/[A-Za-z0-9._~-]+)+");
    private static final Pattern MACHINE = Pattern.compile("/vm/[^/]+(?=/)");

    public PathPrefixes {
        chosen = List.copyOf(chosen);
        for (String prefix : chosen) {
            if (!CHOSEN.matcher(prefix).matches()) {
                throw new IllegalArgumentException(
                        "'" + prefix
                                + "' is no path such as /api or /models/one: letters, digits, '.', '_', '~' and '-' between slashes");
            }
        }
    }

    /** A slash at the end is left out, and so is a path that is nothing but that. */
    public static PathPrefixes of(List<String> paths) {
        return new PathPrefixes(paths.stream()
                .map(path -> path.endsWith("/") ? path.substring(0, path.length() - 1) : path)
                .filter(path -> !path.isEmpty())
                .toList());
    }

    /** What stands before a route's path, as Helidon matches it; the root is not among them. */
    List<String> patterns() {
        List<String> patterns = new ArrayList<>(chosen);
        patterns.add("/vm/{vm}");
        return patterns;
    }

    /** A request's path without the prefix that it has. */
    String strip(String path) {
        for (String prefix : chosen) {
            if (path.startsWith(prefix + "/")) {
                return path.substring(prefix.length());
            }
        }
        Matcher machine = MACHINE.matcher(path);
        return machine.lookingAt() ? path.substring(machine.end()) : path;
    }
}
