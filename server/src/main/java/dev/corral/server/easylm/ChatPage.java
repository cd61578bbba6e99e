package dev.corral.server.easylm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.server.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The chat page: the dialogue, a slider for the temperature, and the server's notes. */
final class ChatPage {

    private static final String CONFIG = "{{config}}";
    private static final String HTML = resource("chat.html");

    static final String SCRIPT = resource("chat.js");

    private ChatPage() {}

    static String of(EasyLmSettings settings) {
        ObjectNode config = Json.object()
                .put("notes", settings.notes())
                .put("temperature", settings.decoding().temperature());
        // notes could otherwise end the element that they stand in
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
