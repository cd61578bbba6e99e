package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** The two routes that generate text, which differ in where an answer has it. */
enum Shape {
    /** {@code "message": {"role": "assistant", "content": "…"}}. */
    CHAT("messages"),
    /** {@code "response": "…"}. */
    GENERATE("prompt");

    private final String asked;

    Shape(String asked) {
        this.asked = asked;
    }

    /** The field of a request that has what is to be answered. */
    String asked() {
        return asked;
    }

    void put(ObjectNode answer, String text) {
        switch (this) {
            case CHAT -> answer.putObject("message").put("role", "assistant").put("content", text);
            case GENERATE -> answer.put("response", text);
        }
    }
}
