package dev.corral.server.generation;

import dev.corral.engine.Engine;
import dev.corral.engine.Generate;
import dev.corral.engine.Reply.Templated;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A conversation, rendered, and how its answer is to be read.
 *
 * @param generate the request, with the conversation for its prompt and what the template wants of the answer
 * @param format how the answer is to be read; empty for content as it stands
 * @param continued the prompt has begun the message
 */
public record ChatTurn(Generate generate, Optional<String> format, boolean continued) {

    /** @param generate how to continue the conversation; its prompt and its grammar are replaced */
    public static ChatTurn of(ChatPrompt conversation, Generate generate, Engine engine, Defaults defaults)
            throws InterruptedException {
        Templated templated = engine.ask(conversation.template());
        List<String> stop = new ArrayList<>(generate.stop());
        stop.addAll(templated.stop());
        Generate.Output output = generate.output();
        Generate rendered = generate.toBuilder()
                .prompt(conversation.media().shown(templated.prompt(), defaults.remote()))
                .grammar(templated.grammar())
                .output(output.showing(templated.visible()))
                .stop(stop)
                .build();
        return new ChatTurn(
                rendered, templated.format(), conversation.template().continueFinalMessage());
    }

    /** What reads one of the answers. */
    public MessageReader reader(Engine engine) throws InterruptedException {
        return MessageReader.of(engine, format, continued);
    }
}
