package dev.corral.engine.local.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Query.ReadMessage;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.ToolCall;
import dev.corral.llama.ChatTemplate;
import dev.corral.llama.LlamaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How a template's answers are read: llama.cpp's parser for it. */
final class AnswerFormat {

    /** llama.cpp reads JSON in outputs by recursion. */
    private static final int MAX_DEPTH = 512;

    private AnswerFormat() {}

    /**
     * Whether an answer is the message's content as it stands, so that nobody needs to read it: a parser that takes the
     * opening of the answer and then everything for content.
     *
     * @param rendered what the template was rendered to
     */
    static boolean isPlain(JsonNode rendered) {
        String parser = rendered.path("parser").asText();
        if (parser.isEmpty()) {
            return true;
        }
        JsonNode grammar = ChatJson.read("chat_template", parser);
        StringBuilder opening = new StringBuilder();
        List<JsonNode> leaves = new ArrayList<>();
        flatten(grammar, grammar.path("root"), leaves);
        for (int i = 0; i < leaves.size(); i++) {
            JsonNode leaf = leaves.get(i);
            if (leaf.path("type").asText().equals("literal")) {
                opening.append(leaf.path("literal").asText());
            } else {
                return i == leaves.size() - 1
                        && isContent(grammar, leaf)
                        && rendered.path("generation_prompt").asText().startsWith(opening.toString());
            }
        }
        return false;
    }

    /** The parts of a sequence in a row, without those that match nothing. */
    private static void flatten(JsonNode grammar, JsonNode id, List<JsonNode> leaves) {
        JsonNode node = grammar.path("parsers").path(id.asInt());
        switch (node.path("type").asText()) {
            case "sequence" -> node.path("children").forEach(child -> flatten(grammar, child, leaves));
            case "epsilon", "start", "end" -> {}
            default -> leaves.add(node);
        }
    }

    private static boolean isContent(JsonNode grammar, JsonNode node) {
        JsonNode all = grammar.path("parsers").path(node.path("child").asInt());
        return node.path("tag").asText().equals("content")
                && all.path("type").asText().equals("until")
                && all.path("delimiters").isEmpty();
    }

    /** Reads an output; one that does not keep to the format is content as it stands, once it is complete. */
    static Message read(ReadMessage query) {
        if (deeperThan(MAX_DEPTH, query.text())) {
            return unread(query);
        }
        return parsed(query, query.partial())
                .or(() ->
                        query.partial() ? Optional.empty() : parsed(query, true).filter(AnswerFormat::saysAnything))
                .orElseGet(() -> unread(query));
    }

    private static boolean saysAnything(Message message) {
        return !message.equals(Message.EMPTY);
    }

    private static Message unread(ReadMessage query) {
        return query.partial() ? Message.EMPTY : new Message("", query.text(), List.of());
    }

    private static Optional<Message> parsed(ReadMessage query, boolean partial) {
        ObjectNode request = ((ObjectNode) ChatJson.read("format", query.format()))
                .put("text", query.text())
                .put("partial", partial);
        try {
            return Optional.of(message(ChatJson.read("message", ChatTemplate.parse(request.toString()))));
        } catch (LlamaException e) {
            if (e.code() != LlamaException.Code.FAILED) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static Message message(JsonNode message) {
        List<ToolCall> calls = new ArrayList<>();
        for (JsonNode call : message.path("tool_calls")) {
            JsonNode function = call.path("function");
            calls.add(new ToolCall(
                    call.path("id").asText(),
                    function.path("name").asText(),
                    function.path("arguments").asText()));
        }
        return new Message(
                message.path("reasoning_content").asText(),
                message.path("content").asText(),
                calls);
    }

    private static boolean deeperThan(int most, String text) {
        int depth = 0;
        for (int i = 0; i < text.length(); i++) {
            switch (text.charAt(i)) {
                case '[', '{' -> depth++;
                case ']', '}' -> depth = Math.max(0, depth - 1);
                default -> {}
            }
            if (depth > most) {
                return true;
            }
        }
        return false;
    }
}
