package dev.corral.engine;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.function.Consumer;

/**
 * A conversation with a model: the shortest way from a program to a streamed answer. It renders the whole conversation
 * by the model's chat template each time; the engine's KV cache keeps what has not changed.
 *
 * <p>Not thread-safe. It does not own its engine.
 */
public final class Chat {

    private final Engine engine;
    private final ArrayNode messages = JsonNodeFactory.instance.arrayNode();
    private Sampling sampling = Sampling.defaults();
    private Limits limits = Limits.none();

    public Chat(Engine engine) {
        this.engine = engine;
    }

    /** Begins the conversation with instructions. */
    public Chat system(String instructions) {
        add("system", instructions);
        return this;
    }

    public Chat sampling(Sampling newSampling) {
        sampling = newSampling;
        return this;
    }

    public Chat limits(Limits newLimits) {
        limits = newLimits;
        return this;
    }

    /**
     * Says something and streams the answer.
     *
     * @param onText called with each new piece of the answer, on the calling thread
     * @return the whole answer, which is now part of the conversation
     * @throws EngineException when there is no answer; the conversation is then as it was before
     */
    public String say(String text, Consumer<String> onText) throws InterruptedException {
        add("user", text);
        boolean answered = false;
        try {
            String answer = answer(onText);
            add("assistant", answer);
            answered = true;
            return answer;
        } finally {
            if (!answered) {
                messages.remove(messages.size() - 1);
            }
        }
    }

    private String answer(Consumer<String> onText) throws InterruptedException {
        Reply.Templated templated = engine.ask(Query.ApplyTemplate.of(messages.toString()));
        Generate request = Generate.of(Prompt.text(templated.prompt()))
                .with(sampling)
                .with(limits)
                .stopAt(templated.stop());
        StringBuilder answer = new StringBuilder();
        try (Generation generation = engine.submit(request)) {
            while (!generation.ended()) {
                switch (generation.next()) {
                    case Event.Delta delta -> {
                        answer.append(delta.text());
                        onText.accept(delta.text());
                    }
                    case Event.Failed(EngineError error) -> throw new EngineException(error);
                    case Event.Queued _,
                            Event.Started _,
                            Event.Progress _,
                            Event.PromptLogprobs _,
                            Event.Finished _ -> {}
                }
            }
        }
        return answer.toString();
    }

    private void add(String role, String content) {
        messages.addObject().put("role", role).put("content", content);
    }
}
