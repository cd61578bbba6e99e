package dev.corral.server;

import dev.corral.engine.ModelInfo;
import java.io.PrintStream;
import java.net.URI;
import java.util.List;

/**
 * What a person at the console sees while the server starts: on a terminal one line that counts up, elsewhere a line
 * every quarter; then where the server is and one line to try.
 *
 * <p>Used by the thread that starts the server.
 */
final class StartupReport {

    private static final int QUARTER = 25;

    private final PrintStream out;
    private final boolean terminal;
    private final String model;
    private int shown = -1;

    StartupReport(PrintStream out, boolean terminal, String model) {
        this.out = out;
        this.terminal = terminal;
        this.model = model;
    }

    void loading(URI address) {
        out.println("Corral listens on " + address);
        progress(0);
    }

    /** @param done from 0 to 1 */
    void progress(double done) {
        int percent = (int) Math.floor(100 * Math.clamp(done, 0, 1));
        int step = terminal ? percent : percent / QUARTER * QUARTER;
        if (step <= shown) {
            return;
        }
        shown = step;
        String line = "Loading " + model + ": " + step + " %";
        if (terminal) {
            out.print("\r" + line);
            out.flush();
        } else {
            out.println(line);
        }
    }

    /** @param keyed whether requests must carry a key */
    void ready(ModelInfo info, URI address, boolean keyed) {
        endLine();
        out.println("Ready: " + info.name() + " (" + info.description() + "), " + info.slots() + " slots, context "
                + info.contextSize());
        out.println(trial(keyed, address, ""));
        out.flush();
    }

    /** Models that are loaded as requests name them. */
    void several(List<String> models, URI address, boolean keyed) {
        out.println("Corral listens on " + address);
        if (models.isEmpty()) {
            out.println("Ready: no model yet");
            out.println("Try:   curl " + (keyed ? "-H \"Authorization: Bearer $KEY\" " : "") + address
                    + "/api/pull -d '{\"model\":\"OWNER/NAME\"}'");
            out.flush();
            return;
        }
        out.println("Ready: " + (models.size() == 1 ? "" : models.size() + " models, ") + String.join(", ", models)
                + ", loaded when a request names one");
        out.println(trial(keyed, address, "\"model\":\"" + models.getFirst() + "\","));
        out.flush();
    }

    private static String trial(boolean keyed, URI address, String model) {
        return "Try:   curl " + (keyed ? "-H \"Authorization: Bearer $KEY\" " : "") + address
                + "/v1/chat/completions -d '{" + model + "\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'";
    }

    /** A port that serves one dialect. */
    void also(String dialect, URI address) {
        out.println("Also:  " + dialect + " alone on " + address);
        out.flush();
    }

    /** Ends a line that was being counted up. */
    void endLine() {
        if (terminal && shown >= 0) {
            out.println();
            shown = -1;
        }
    }
}
