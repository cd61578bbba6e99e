package dev.corral.server.alpaca;

import dev.corral.engine.Generate;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.Fields;
import dev.corral.server.http.RouteDoc;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a request asks for.
 *
 * @param messages the conversation; none for a completion
 * @param stream answer by events as the text comes; conversations only
 */
record Asked(Generate generate, List<Message> messages, boolean stream) {

    Asked {
        messages = List.copyOf(messages);
    }

    static RouteDoc completionDoc(Edition edition, Defaults defaults) {
        return RouteDoc.of("Answers an instruction")
                .body(
                        fields -> completion(fields, edition, defaults, ""),
                        "{'prompt': 'Tell me where the capital of China is', 'max_tokens': 16}");
    }

    static RouteDoc chatDoc(Edition edition, Defaults defaults) {
        return RouteDoc.of("Continues a conversation, and repeats it")
                .streamed()
                .body(
                        fields -> chat(fields, edition, defaults, ""),
                        "{'messages': [{'role': 'user', 'message': 'Tell me some stories about Hangzhou'}],"
                                + " 'repetition_penalty': 1.0, 'max_tokens': 16}");
    }

    /** {@code POST /v1/completions}; a list of prompts never worked there, and is refused. */
    static Asked completion(Fields fields, Edition edition, Defaults defaults, String caller) {
        String instruction = fields.text("prompt").orElseThrow(() -> fields.missing("prompt"));
        Template template = edition.template();
        return new Asked(
                edition.completion().read(fields, template.completion(instruction), template, defaults, caller),
                List.of(),
                false);
    }

    /** {@code POST /v1/chat/completions}. */
    static Asked chat(Fields fields, Edition edition, Defaults defaults, String caller) {
        List<Message> messages = Message.read(fields);
        Template template = edition.template();
        Generate generate = edition.chat().read(fields, template.chat(messages), template, defaults, caller);
        boolean stream = fields.flag("stream", false);
        // an event can't be taken back when the model begins its answer anew
        return new Asked(stream ? generate.stopAt(withMark(generate, template)) : generate, messages, stream);
    }

    private static List<String> withMark(Generate generate, Template template) {
        return Stream.concat(generate.stop().stream(), Stream.of(template.answerMark()))
                .toList();
    }
}
