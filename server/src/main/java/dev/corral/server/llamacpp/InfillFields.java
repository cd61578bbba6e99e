package dev.corral.server.llamacpp;

import dev.corral.engine.Prompt;
import dev.corral.server.generation.InfillPrompt;
import dev.corral.server.http.Fields;
import java.util.List;
import java.util.Optional;

/** A text with a gap, as {@code /infill} has it. */
final class InfillFields {

    private InfillFields() {}

    static InfillPrompt read(Fields fields) {
        if (!fields.has("input_prefix") && !fields.has("input_suffix")) {
            throw fields.missing("input_prefix");
        }
        Prompt prefix = side(fields, "input_prefix");
        Prompt suffix = side(fields, "input_suffix");
        List<InfillPrompt.FileText> files = fields.objects("input_extra").stream()
                .map(file -> {
                    Optional<String> text = file.text("text");
                    return new InfillPrompt.FileText(
                            file.text("filename").orElse("tmp"), text.orElseThrow(() -> file.missing("text")));
                })
                .toList();
        return new InfillPrompt(prefix, suffix, fields.text("prompt").orElse(""), files);
    }

    private static Prompt side(Fields fields, String name) {
        return fields.node(name).isPresent() ? PromptFields.content(fields, name, false, false) : Prompt.text("");
    }
}
