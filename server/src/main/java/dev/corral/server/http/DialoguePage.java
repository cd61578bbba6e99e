package dev.corral.server.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * A dialect's page for a dialogue: its own {@code chat.html} and {@code chat.js}, with the look, the dialog for an API key and the
 * functions that all such pages share. Immutable.
 */
public final class DialoguePage {

    private static final String STYLE = resource(DialoguePage.class, "dialogue.css");
    private static final String ELEMENTS = resource(DialoguePage.class, "dialogue.html");
    private static final String FUNCTIONS = resource(DialoguePage.class, "dialogue.js");

    private final String html;
    private final String script;

    private DialoguePage(String html, String script) {
        this.html = html;
        this.script = script;
    }

    /** @param dialect whose package has the files */
    public static DialoguePage of(Class<?> dialect) {
        return new DialoguePage(
                resource(dialect, "chat.html").replace("{{style}}\n", STYLE).replace("{{elements}}\n", ELEMENTS),
                FUNCTIONS + "\n" + resource(dialect, "chat.js"));
    }

    /** @param config what its script finds in the element of that id */
    public String html(ObjectNode config) {
        // a text in it could otherwise end the element that it stands in
        return html.replace("{{config}}", config.toString().replace("<", "\\u003c"));
    }

    public String script() {
        return script;
    }

    private static String resource(Class<?> beside, String name) {
        try (InputStream in = beside.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the server lacks its own " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
