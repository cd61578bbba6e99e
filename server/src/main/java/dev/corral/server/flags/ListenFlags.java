package dev.corral.server.flags;

import dev.corral.server.dialects.DialectPort;
import dev.corral.server.dialects.Dialects;
import dev.corral.server.http.HttpSettings;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Flags for ports that serve one dialect alone, as its original did. */
final class ListenFlags {

    private static final int HIGHEST_PORT = 65_535;

    @Option(
            names = "--listen",
            paramLabel = "DIALECT=[HOST:]PORT",
            split = ",",
            description =
                    "Serve one dialect on a port of its own, too, with its page at /: petals (5000 was its port), "
                            + "easylm (5007), alpaca (19327), alpaca2, llamacpp (8080), openai, anthropic or ollama (11434). "
                            + "May be given several times.")
    List<String> ports = new ArrayList<>();

    /** @param http of the main port, which hold for the others but for where they are */
    List<DialectPort> toPorts(HttpSettings http) {
        List<DialectPort> named = ports.stream().map(value -> read(value, http)).toList();
        if (named.stream().map(DialectPort::dialect).distinct().count() < named.size()) {
            throw new BadFlag("--listen must name each dialect once, but is " + String.join(",", ports));
        }
        return named;
    }

    private static DialectPort read(String value, HttpSettings http) {
        int equals = value.indexOf('=');
        int colon = value.lastIndexOf(':');
        String dialect = value.substring(0, Math.max(0, equals));
        if (!Dialects.NAMES.contains(dialect)) {
            throw wrong(value);
        }
        String host = colon > equals ? value.substring(equals + 1, colon) : http.host();
        try {
            int port = Integer.parseInt(value.substring(Math.max(equals, colon) + 1));
            if (port < 0 || port > HIGHEST_PORT || host.isEmpty()) {
                throw wrong(value);
            }
            return new DialectPort(dialect, http.reachedAt(host, port));
        } catch (NumberFormatException e) {
            throw wrong(value);
        }
    }

    private static BadFlag wrong(String value) {
        return new BadFlag("--listen must be DIALECT=[HOST:]PORT, with a dialect of "
                + String.join(", ", Dialects.NAMES) + " and a port of 0 to " + HIGHEST_PORT + ", but is " + value);
    }
}
