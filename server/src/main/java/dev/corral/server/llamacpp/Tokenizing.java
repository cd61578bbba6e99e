package dev.corral.server.llamacpp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.Tokens;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import dev.corral.server.http.RouteDoc;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code /tokenize} and {@code /detokenize}; vLLM's form of them as well, which has {@code prompt} for the text. */
final class Tokenizing {

    static final RouteDoc TOKENIZE = RouteDoc.of("A text as tokens")
            .body(
                    Tokenizing::asked,
                    "{'content': 'Hello, world!', 'with_pieces': true}",
                    "{'prompt': 'Hello, world!', 'add_special_tokens': false}");
    static final RouteDoc DETOKENIZE = RouteDoc.of("Tokens as text").body(Tokenizing::tokens, "{'tokens': [1, 2, 3]}");

    private Tokenizing() {}

    private sealed interface Asked {}

    /**
     * llama.cpp's form.
     *
     * @param pieces with each token's text
     */
    private record Content(List<Prompt> parts, boolean pieces) implements Asked {}

    /** vLLM's form. */
    private record WholePrompt(String text, boolean addSpecial) implements Asked {}

    static ObjectNode tokenize(Fields fields, Engine engine) throws InterruptedException {
        return switch (asked(fields)) {
            case Content(List<Prompt> parts, boolean pieces) -> {
                ObjectNode answer = Json.object();
                ArrayNode tokens = answer.putArray("tokens");
                for (Prompt part : parts) {
                    add(tokens, part, pieces, engine);
                }
                yield answer;
            }
            case WholePrompt(String text, boolean addSpecial) -> {
                Reply.Tokenized tokenized = engine.ask(new Query.Tokenize(text, addSpecial, true, false));
                ObjectNode answer = Json.object();
                ArrayNode tokens = answer.putArray("tokens");
                tokenized.tokens().stream().forEach(tokens::add);
                yield answer.put("count", tokens.size())
                        .put("max_model_len", engine.model().contextSize());
            }
        };
    }

    static ObjectNode detokenize(Fields fields, Engine engine) throws InterruptedException {
        String text = engine.ask(new Query.Detokenize(tokens(fields), true)).text();
        return Json.object().put("content", text).put("prompt", text);
    }

    private static Asked asked(Fields fields) {
        return fields.has("prompt")
                ? new WholePrompt(
                        fields.text("prompt").orElseThrow(() -> fields.missing("prompt")),
                        fields.flag("add_special_tokens", true))
                : content(fields);
    }

    private static Content content(Fields fields) {
        boolean addSpecial = fields.flag("add_special", false);
        boolean parseSpecial = fields.flag("parse_special", true);
        boolean pieces = fields.flag("with_pieces", false);
        if (!fields.has("content")) {
            return new Content(List.of(), pieces);
        }
        Prompt content = PromptFields.content(fields, "content", addSpecial, parseSpecial);
        return new Content(content instanceof Prompt.Parts parts ? parts.parts() : List.of(content), pieces);
    }

    private static Tokens tokens(Fields fields) {
        return fields.tokens("tokens", fields.array("tokens").orElseGet(Json::array));
    }

    private static void add(ArrayNode tokens, Prompt part, boolean pieces, Engine engine) throws InterruptedException {
        switch (part) {
            case Prompt.Text(String text, boolean addSpecial, boolean parseSpecial) -> {
                Reply.Tokenized tokenized = engine.ask(new Query.Tokenize(text, addSpecial, parseSpecial, pieces));
                for (int i = 0; i < tokenized.tokens().size(); i++) {
                    int id = tokenized.tokens().get(i);
                    if (pieces) {
                        addPiece(tokens, id, tokenized.pieces().get(i));
                    } else {
                        tokens.add(id);
                    }
                }
            }
            case Prompt.Ids(Tokens ids) -> {
                for (int id : ids.toArray()) {
                    if (pieces) {
                        String text = engine.ask(new Query.Detokenize(Tokens.of(id), true))
                                .text();
                        addPiece(tokens, id, text.getBytes(StandardCharsets.UTF_8));
                    } else {
                        tokens.add(id);
                    }
                }
            }
            case Prompt.Media _ ->
                throw new InvalidRequestException("content", "an image or sound", "must be text or tokens");
            case Prompt.Parts _ -> throw new IllegalArgumentException("parts within parts");
        }
    }

    private static void addPiece(ArrayNode tokens, int id, byte[] piece) {
        tokens.addObject().put("id", id).set("piece", shown(piece));
    }

    /** A token's text, or its bytes where they are no text by themselves. */
    private static JsonNode shown(byte[] piece) {
        try {
            return JsonNodeFactory.instance.textNode(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(piece))
                    .toString());
        } catch (CharacterCodingException e) {
            ArrayNode bytes = Json.array();
            for (byte unit : piece) {
                bytes.add(Byte.toUnsignedInt(unit));
            }
            return bytes;
        }
    }
}
