package dev.corral.server.petals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The chat page, which talks by WebSocket. The models that it offers are part of it. */
final class ChatPage {

    private static final String CONFIG = "{{config}}";
    private static final String HTML = resource("chat.html");

    static final String SCRIPT = resource("chat.js");

    private ChatPage() {}

    /** @param config {@code modelConfigs} and {@code defaultModel}, or nothing */
    static String of(ObjectNode config) {
        // a name in it could otherwise end the element that it stands in
        return HTML.replace(CONFIG, config.toString().replace("<", "\\u003c"));
    }

    private static String resource(String name) {
        try (InputStream in = ChatPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the server lacks its own " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
