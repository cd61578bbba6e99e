package dev.corral.server.terminal;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.Sampling;
import dev.corral.engine.Timings;
import dev.corral.engine.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a person and a model said to each other, and the way to go on. An answer that is stopped stays as far as it came.
 *
 * <p>Used by one thread, but for {@link #stop}. It does not own its engine.
 */
public final class Dialogue {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** One message. */
    private record Message(String role, String content) {}

    /**
     * An answer.
     *
     * @param stopped before the model had ended it
     */
    public record Answer(String text, Optional<Usage> usage, Optional<Timings> timings, boolean stopped) {}

    private final Engine engine;
    private final Limits limits;
    private final List<Message> messages = new ArrayList<>();
    private final AtomicReference<@Nullable Generation> running = new AtomicReference<>();
    private volatile boolean stopped;
    private Sampling sampling;
    private Optional<String> system = Optional.empty();

    public Dialogue(Engine engine, Sampling sampling, Limits limits) {
        this.engine = engine;
        this.sampling = sampling;
        this.limits = limits;
    }

    /** Instructions before everything that was said; empty for none. */
    public void system(String instructions) {
        system = Optional.of(instructions).filter(text -> !text.isBlank());
    }

    public Sampling sampling() {
        return sampling;
    }

    public void sampling(Sampling newSampling) {
        sampling = newSampling;
    }

    /** Forgets what was said; the instructions stay. */
    public void clear() {
        messages.clear();
    }

    /** Takes back the last question and its answer, and returns the question. */
    public Optional<String> undo() {
        for (int last = messages.size() - 1; last >= 0; last--) {
            Message message = messages.remove(last);
            if (message.role().equals("user")) {
                return Optional.of(message.content());
            }
        }
        return Optional.empty();
    }

    /**
     * Asks, and streams the answer.
     *
     * @param onText called with each piece of it, on the calling thread
     * @throws EngineException when there is no answer; the dialogue is then as it was before
     */
    public Answer say(String question, Consumer<String> onText) throws InterruptedException {
        stopped = false;
        messages.add(new Message("user", question));
        boolean answered = false;
        try {
            Answer answer = answer(onText);
            messages.add(new Message("assistant", answer.text()));
            answered = true;
            return answer;
        } finally {
            if (!answered) {
                messages.removeLast();
            }
        }
    }

    /** Stops the answer that is being given; nothing where none is. Any thread may call it. */
    public void stop() {
        stopped = true;
        Generation generation = running.get();
        if (generation != null) {
            generation.cancel();
        }
    }

    private Answer answer(Consumer<String> onText) throws InterruptedException {
        Reply.Templated templated = engine.ask(Query.ApplyTemplate.of(toJson()));
        Generate request = Generate.of(Prompt.text(templated.prompt()))
                .with(sampling)
                .with(limits)
                .stopAt(templated.stop());
        StringBuilder text = new StringBuilder();
        Optional<Event.Finished> end = Optional.empty();
        try (Generation generation = engine.submit(request)) {
            running.set(generation);
            if (stopped) {
                generation.cancel(); // before it could be found
            }
            while (!generation.ended()) {
                switch (generation.next()) {
                    case Event.Delta delta -> {
                        text.append(delta.text());
                        onText.accept(delta.text());
                    }
                    case Event.Finished finished -> end = Optional.of(finished);
                    case Event.Failed failed -> throw new EngineException(failed.error());
                    default -> {}
                }
            }
        } finally {
            running.set(null);
        }
        return new Answer(
                text.toString(),
                end.map(Event.Finished::usage),
                end.map(Event.Finished::timings),
                end.map(finished -> finished.reason() == FinishReason.CANCELLED).orElse(true));
    }

    /** All of it, as messages in OpenAI's shape. */
    public String toJson() {
        ArrayNode all = JSON.createArrayNode();
        system.ifPresent(text -> all.addObject().put("role", "system").put("content", text));
        messages.forEach(message -> all.addObject().put("role", message.role()).put("content", message.content()));
        return all.toString();
    }
}
