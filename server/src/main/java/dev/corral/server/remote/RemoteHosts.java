package dev.corral.server.remote;

import java.net.IDN;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The servers that files may be fetched from: what the operator named. */
public record RemoteHosts(List<Entry> entries) {

    /** None: nothing is fetched. */
    public static final RemoteHosts NONE = new RemoteHosts(List.of());

    private static final Pattern ENTRY =
            Pattern.compile("(?<host>\\[[0-9a-fA-F:.]+]|[^\\s:/\\[\\]@]+)(?::(?<port>[0-9]{1,5}))?");
    private static final int MAX_PORT = 65_535;

    /** How far a server is trusted. */
    public enum Trust {
        /** The operator named it, so it may be in the operator's own network. */
        NAMED,
        /** It is one of many, and must have a public address. */
        PUBLIC
    }

    /**
     * What the operator named.
     *
     * @param host a name or address in lower case; {@code *.example.org} for all below it; {@code *} for all
     * @param port empty for the scheme's own
     */
    public record Entry(String host, OptionalInt port) {

        private boolean isExact() {
            return !host.startsWith("*");
        }

        private boolean holds(String asked, int askedPort, int usualPort) {
            boolean named = isExact() ? host.equals(asked) : asked.endsWith(host.substring(1));
            return named && port.orElse(usualPort) == askedPort;
        }
    }

    public RemoteHosts {
        entries = List.copyOf(entries);
    }

    /**
     * Reads what an operator wrote.
     *
     * @param entries each {@code HOST}, {@code HOST:PORT}, {@code *.DOMAIN} or {@code *}
     * @throws IllegalArgumentException when one is something else
     */
    public static RemoteHosts of(List<String> entries) {
        return new RemoteHosts(entries.stream().map(RemoteHosts::entry).toList());
    }

    private static Entry entry(String text) {
        Matcher parts = ENTRY.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("must be a host, HOST:PORT, *.DOMAIN or *, but is '" + text + "'");
        }
        String host = parts.group("host");
        boolean star = host.indexOf('*') >= 0;
        if (star && !host.equals("*") && (!host.startsWith("*.") || host.indexOf('*', 1) > 0)) {
            throw new IllegalArgumentException("must have '*' only alone or as '*.DOMAIN', but is '" + text + "'");
        }
        String port = parts.group("port");
        if (port != null && (Integer.parseInt(port) < 1 || Integer.parseInt(port) > MAX_PORT)) {
            throw new IllegalArgumentException("must have a port from 1 to " + MAX_PORT + ", but is '" + text + "'");
        }
        return new Entry(
                star ? host.toLowerCase(Locale.ROOT) : normal(host),
                port == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(port)));
    }

    /** Whether anything may be fetched at all. */
    public boolean any() {
        return !entries.isEmpty();
    }

    /** How far the server of an address is trusted; empty where nothing may be fetched from it. */
    public Optional<Trust> trust(URI address) {
        String scheme = Optional.ofNullable(address.getScheme()).orElse("").toLowerCase(Locale.ROOT);
        String host = address.getHost();
        if (host == null || address.getRawUserInfo() != null || !(scheme.equals("http") || scheme.equals("https"))) {
            return Optional.empty();
        }
        int usual = scheme.equals("https") ? 443 : 80;
        int port = address.getPort() < 0 ? usual : address.getPort();
        String asked = normal(host);
        List<Entry> holding = entries.stream()
                .filter(entry -> entry.holds(asked, port, usual))
                .toList();
        if (holding.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(holding.stream().anyMatch(Entry::isExact) ? Trust.NAMED : Trust.PUBLIC);
    }

    /** One spelling of a host: lower case, ASCII, no dot at the end. */
    private static String normal(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return name.startsWith("[")
                ? name.toLowerCase(Locale.ROOT)
                : IDN.toASCII(name, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
    }
}
