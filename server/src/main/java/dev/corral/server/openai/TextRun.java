package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.Prompt;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Usage;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.Exchange;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs a {@link TextRequest} and tells its client of it: all at the end, or event by event. */
final class TextRun implements Generations.Reader {

    /** One prompt and its texts. */
    private final class Texts {
        private final Prompt prompt;
        private final int first;
        private final List<Completion> completions = new ArrayList<>();
        private final @Nullable TextLogprobs[] logprobs;
        private final boolean[] begun;
        private final @Nullable EchoedPrompt echoed;
        private List<TokenLogprob> promptTokens = List.of();

        Texts(int number) throws InterruptedException {
            prompt = request.prompts().get(number);
            first = number * request.each();
            echoed = request.echo() || request.logprobs().isPresent() ? EchoedPrompt.of(engine, prompt) : null;
            logprobs = new TextLogprobs[request.each()];
            begun = new boolean[request.each()];
            for (int i = 0; i < request.each(); i++) {
                completions.add(new Completion());
            }
        }

        String echo() {
            return request.echo() && echoed != null ? echoed.text() : "";
        }

        void read(Event.PromptLogprobs event) {
            promptTokens = echoed == null ? List.of() : echoed.shown(engine, prompt, event.tokens());
        }

        /** The logprobs of some more tokens of a text; the prompt's are before the first of them where it is echoed. */
        @Nullable
        ObjectNode logprobs(int index, List<TokenLogprob> tokens) {
            if (request.logprobs().isEmpty() || echoed == null) {
                return null;
            }
            TextLogprobs shape = logprobs[index];
            if (shape != null) {
                return shape.next(tokens);
            }
            int start = request.echo()
                    ? echoed.start(promptTokens)
                    : echoed.text().codePointCount(0, echoed.text().length());
            shape = new TextLogprobs(request.logprobs().get(), start);
            logprobs[index] = shape;
            List<TokenLogprob> all = new ArrayList<>(promptTokens);
            all.addAll(tokens);
            return shape.next(all);
        }

        /** True the first time it is asked of a text. */
        boolean begins(int index) {
            boolean first = !begun[index];
            begun[index] = true;
            return first;
        }
    }

    private final Exchange exchange;
    private final Engine engine;
    private final TextRequest request;
    private final TextAnswer answer;
    private final List<Texts> prompts = new ArrayList<>();
    private int unfinished;

    private TextRun(Exchange exchange, Engine engine, TextRequest request) throws InterruptedException {
        this.exchange = exchange;
        this.engine = engine;
        this.request = request;
        this.answer = TextAnswer.by(request.model().orElse(engine.model().name()), engine.model());
        for (int number = 0; number < request.generates().size(); number++) {
            prompts.add(new Texts(number));
        }
        this.unfinished = request.generates().size() * request.each();
    }

    static void answer(Exchange exchange, Engine engine, TextRequest request) throws InterruptedException {
        TextRun run = new TextRun(exchange, engine, request);
        Generations.run(exchange, engine, request.generates(), request.beat(), run);
        if (request.stream()) {
            exchange.events().sendWord("[DONE]");
        } else {
            run.reply();
        }
    }

    @Override
    public void read(int prompt, Event event) {
        Texts texts = prompts.get(prompt);
        switch (event) {
            case Event.Queued _, Event.Started _, Event.Progress _, Event.Failed _ -> {}
            case Event.PromptLogprobs logprobs -> texts.read(logprobs);
            case Event.Delta delta -> {
                boolean begins = texts.begins(delta.index());
                texts.completions.get(delta.index()).add(delta, !request.stream());
                if (request.stream()) {
                    String text = begins ? texts.echo() + delta.text() : delta.text();
                    send(texts, delta.index(), text, texts.logprobs(delta.index(), delta.logprobs()), null);
                }
            }
            case Event.Finished finished -> {
                boolean begins = texts.begins(finished.index());
                texts.completions.get(finished.index()).finish(finished);
                unfinished--;
                if (request.stream()) {
                    // a text without tokens still has its prompt
                    String text = begins ? texts.echo() : "";
                    @Nullable ObjectNode logprobs = begins ? texts.logprobs(finished.index(), List.of()) : null;
                    send(texts, finished.index(), text, logprobs, ChatAnswer.finishReason(finished.reason(), false));
                    if (unfinished == 0 && request.includeUsage()) {
                        ObjectNode last = answer.head();
                        last.set("usage", usage());
                        exchange.events().send(json -> json.writeTree(last));
                    }
                }
            }
        }
    }

    @Override
    public void silence() {
        if (request.stream()) {
            exchange.events().beat();
        }
    }

    private void send(Texts texts, int index, String text, @Nullable ObjectNode logprobs, @Nullable String reason) {
        ObjectNode event = answer.head();
        TextAnswer.add(event, texts.first + index, text, logprobs, reason);
        exchange.events().send(json -> json.writeTree(event));
    }

    private void reply() {
        ObjectNode whole = answer.head();
        for (Texts texts : prompts) {
            for (int index = 0; index < request.each(); index++) {
                Completion completion = texts.completions.get(index);
                TextAnswer.add(
                        whole,
                        texts.first + index,
                        texts.echo() + completion.text(),
                        texts.logprobs(index, completion.logprobs()),
                        ChatAnswer.finishReason(completion.reason(), false));
            }
        }
        whole.set("usage", usage());
        Completion first = prompts.getFirst().completions.getFirst();
        whole.set("timings", TimingsJson.of(first.usage(), first.timings()).toJson());
        exchange.reply(whole);
    }

    private ObjectNode usage() {
        List<Usage> first = prompts.stream()
                .map(texts -> texts.completions.getFirst().usage())
                .toList();
        return TextAnswer.usage(
                first,
                prompts.stream()
                        .flatMap(texts -> texts.completions.stream())
                        .mapToInt(completion -> completion.usage().generatedTokens())
                        .sum());
    }
}
