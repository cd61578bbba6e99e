package dev.corral.server.ollama;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.MediaFile;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.server.generation.ChatDefaults;
import dev.corral.server.generation.ChatPrompt;
import dev.corral.server.generation.InfillPrompt;
import dev.corral.server.generation.NumberedImages;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.http.Fields;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
    static Input read(Fields fields, Optional<Grammar> grammar, ChatDefaults defaults) {
        boolean raw = fields.flag("raw", false);
        Optional<String> system = text(fields, "system");
        Optional<ArrayNode> context = fields.array("context").filter(array -> !array.isEmpty());
        Optional<String> arguments = Think.arguments(fields, defaults);
        Optional<String> prompt = text(fields, "prompt");
        if (raw) {
            refuseBesideRaw(system.isPresent(), "system");
            refuseBesideRaw(context.isPresent(), "context");
            refuseBesideRaw(text(fields, "template").isPresent(), "template");
            refuseBesideRaw(text(fields, "suffix").isPresent(), "suffix");
            return prompt.<Input>map(text -> new Input.Raw(shown(fields, text))).orElseGet(Input.Nothing::new);
        }
        refuse(fields, "template", INSTEAD);
        if (prompt.isEmpty()) {
            return new Input.Nothing();
        }
        Optional<String> suffix = text(fields, "suffix");
        if (suffix.isPresent()) {
            return gap(fields, prompt.get(), suffix.get());
        }
        Conversation conversation = new Conversation();
        system.ifPresent(text -> conversation.say("system", text, List.of()));
        List<MediaFile> images = Images.read(fields);
        conversation.say("user", prompt.get(), images);
        ChatPrompt question = conversation.prompt(Optional.empty(), grammar, defaults.reasoning(), arguments);
        if (!images.isEmpty()) {
            // an image is no token that a later request could bring along
            context.ifPresent(ids -> {
                throw fields.invalid("context", ids, "can't be combined with images; /api/chat takes both");
            });
            return new Input.Templated(question);
        }
        return new Input.After(context.map(ids -> fields.tokens("context", ids)).orElse(Tokens.EMPTY), question);
    }

    /** A text with a gap: nothing but what is before it and after it. */
    private static Input gap(Fields fields, String prompt, String suffix) {
        for (String name : List.of("system", "context", "images")) {
            fields.node(name)
                    .filter(value -> !value.isEmpty() || value.isTextual())
                    .ifPresent(value -> {
                        throw fields.invalid(name, value, "can't be combined with a suffix");
                    });
        }
        return new Input.Gap(InfillPrompt.between(Prompt.text(prompt), suffix));
    }

    /** A prompt with its images where it names them. */
    private static Prompt shown(Fields fields, String text) {
        List<MediaFile> images = Images.read(fields);
        Map<Integer, MediaFile> numbered = new HashMap<>();
        images.forEach(image -> numbered.put(numbered.size(), image));
        Prompt prompt = new NumberedImages(numbered).in(Prompt.text(text));
        if (!images.isEmpty() && !prompt.hasMedia()) {
            throw new InvalidRequestException(
                    "images", images.size() + " of them", "must have places in a raw prompt: [img-0], [img-1] …");
        }
        return prompt;
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
