package dev.corral.server.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** Names of hosts, as they stand in Host and Origin headers. */
final class Hosts {

    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\.\\d{1,3}){3}");

    private Hosts() {}

    /** A name or address that can only mean the machine itself; no name that a DNS server answers for is one. */
    static boolean isLoopback(String host) {
        String name = normalized(host);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("::1")
                || LOOPBACK_V4.matcher(name).matches();
    }

    /** The host of a Host header, without its port. */
    static String ofHostHeader(String header) {
        int colon = header.startsWith("[") ? header.indexOf(':', header.indexOf(']') + 1) : header.indexOf(':');
        return normalized(colon < 0 ? header : header.substring(0, colon));
    }

    /** The host of an Origin header; empty for an opaque origin such as {@code null}. */
    static Optional<String> ofOrigin(String origin) {
        try {
            return Optional.ofNullable(new URI(origin).getHost()).map(Hosts::normalized);
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    static String normalized(String host) {
        String name = host.strip().toLowerCase(Locale.ROOT);
        if (name.startsWith("[") && name.endsWith("]")) {
            name = name.substring(1, name.length() - 1);
        }
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
