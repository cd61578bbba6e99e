package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Tokens;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import dev.corral.server.http.Json;
import java.util.Optional;

/**
 * What {@code /api/generate} is asked: {@code prompt}, as a user's message after {@code system} and {@code context}, or as
 * it stands with {@code raw}.
 */
final class Question {

    private static final String INSTEAD = "; send a prompt that is complete, with 'raw'";

    private Question() {}

    /**
     * Reads a question.
     *
     * @param grammar what the answer must look like
     */
    static Input read(Fields fields, Optional<Grammar> grammar) {
        Images.refuse(fields);
        refuse(fields, "suffix", "");
        boolean raw = fields.flag("raw", false);
        Optional<String> system = text(fields, "system");
        Optional<ArrayNode> context = fields.array("context").filter(array -> !array.isEmpty());
        Optional<String> arguments = Think.arguments(fields);
        Optional<String> prompt = text(fields, "prompt");
        if (raw) {
            refuseBesideRaw(system.isPresent(), "system");
            refuseBesideRaw(context.isPresent(), "context");
            refuseBesideRaw(text(fields, "template").isPresent(), "template");
            return prompt.<Input>map(Input.Raw::new).orElseGet(Input.Nothing::new);
        }
        refuse(fields, "template", INSTEAD);
        if (prompt.isEmpty()) {
            return new Input.Nothing();
        }
        ArrayNode turns = Json.array();
        system.ifPresent(text -> turns.addObject().put("role", "system").put("content", text));
        turns.addObject().put("role", "user").put("content", prompt.get());
        Tokens before = context.map(ids -> fields.tokens("context", ids)).orElse(Tokens.EMPTY);
        return new Input.After(before, Conversation.template(turns, grammar, arguments));
    }

    private static Optional<String> text(Fields fields, String name) {
        return fields.text(name).filter(text -> !text.isEmpty());
    }

    private static void refuse(Fields fields, String name, String instead) {
        if (text(fields, name).isPresent()) {
            throw new ApiException(ApiError.Kind.UNSUPPORTED, "'" + name + "' is not supported" + instead);
        }
    }

    private static void refuseBesideRaw(boolean given, String name) {
        if (given) {
            throw new InvalidRequestException(name, "given", "can't be combined with raw");
        }
    }
}
