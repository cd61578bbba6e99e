package dev.corral.server.openai;

import dev.corral.engine.Engine;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.TokenLogprob;
import dev.corral.server.generation.ChatTurn;
import dev.corral.server.generation.Completion;
import dev.corral.server.generation.Generations;
import dev.corral.server.generation.LiveTimings;
import dev.corral.server.generation.MessageDelta;
import dev.corral.server.generation.MessageReader;
import dev.corral.server.generation.TimingsJson;
import dev.corral.server.http.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs a {@link ChatRequest} and tells its client of it: all at the end, or chunk by chunk. */
final class ChatRun implements Generations.Reader {

    private final Exchange exchange;
    private final ChatRequest request;
    private final ChatAnswer answer;
    private final ChatChunks chunks;
    private final List<Completion> completions = new ArrayList<>();
    private final List<MessageReader> readers = new ArrayList<>();
    private final List<List<TokenLogprob>> untold = new ArrayList<>();
    private final boolean[] begun;
    private final LiveTimings live = new LiveTimings();
    private int promptTokens;
    private int cachedTokens;
    private int unfinished;

    private ChatRun(Exchange exchange, ChatRequest request, ChatAnswer answer) {
        this.exchange = exchange;
        this.request = request;
        this.answer = answer;
        this.chunks = new ChatChunks(request, answer);
        this.unfinished = request.generate().completions();
        this.begun = new boolean[unfinished];
    }

    static void answer(Exchange exchange, Engine engine, ChatRequest request, ChatTurn turn)
            throws InterruptedException {
        ChatRun run = new ChatRun(
                exchange,
                request,
                ChatAnswer.by(request.model().orElse(engine.model().name()), engine.model()));
        for (int i = 0; i < run.unfinished; i++) {
            run.completions.add(new Completion());
            run.readers.add(turn.reader(engine));
            run.untold.add(new ArrayList<>());
        }
        Generations.run(exchange, engine, List.of(turn.generate()), request.beat(), run);
        if (request.stream()) {
            exchange.events().sendWord("[DONE]");
        } else {
            exchange.reply(run.answer.complete(request, run.completions, run.readers));
        }
    }

    @Override
    public void read(int prompt, Event event) throws InterruptedException {
        switch (event) {
            case Event.Queued _, Event.PromptLogprobs _, Event.Failed _ -> {}
            case Event.Started started -> {
                promptTokens = started.promptTokens();
                cachedTokens = started.cachedTokens();
                live.started();
                if (request.stream() && request.generate().output().progress()) {
                    exchange.events().send(chunks.progress(started.progress()));
                }
            }
            case Event.Progress progress -> {
                if (request.stream()) {
                    exchange.events().send(chunks.progress(progress));
                }
            }
            case Event.Delta delta -> take(delta);
            case Event.Finished finished -> finish(finished);
        }
    }

    private void take(Event.Delta delta) {
        int index = delta.index();
        completions.get(index).add(delta, !request.stream());
        live.advanced();
        if (request.stream() && readers.get(index).isPlain()) {
            begin(index);
            exchange.events().send(chunks.text(index, delta.text(), delta.logprobs(), timings(index)));
        } else {
            readers.get(index).add(delta.text());
            if (request.stream()) {
                untold.get(index).addAll(delta.logprobs());
            }
        }
    }

    /** What came together is read together. */
    @Override
    public void caughtUp() throws InterruptedException {
        if (request.stream()) {
            for (int index = 0; index < readers.size(); index++) {
                if (readers.get(index).hasUnread()) {
                    tell(index, readers.get(index).read(false));
                }
            }
        }
    }

    private void finish(Event.Finished finished) throws InterruptedException {
        int index = finished.index();
        completions.get(index).finish(finished);
        unfinished--;
        MessageDelta rest = readers.get(index).read(isComplete(finished.reason()));
        if (!request.stream()) {
            return;
        }
        begin(index);
        tell(index, rest);
        boolean last = unfinished == 0;
        String reason = ChatAnswer.finishReason(
                finished.reason(), !readers.get(index).message().calls().isEmpty());
        exchange.events()
                .send(chunks.end(
                        index,
                        reason,
                        last && !request.includeUsage()
                                ? Optional.of(ChatAnswer.timings(completions.getFirst()))
                                : Optional.empty()));
        if (last && request.includeUsage()) {
            exchange.events().send(chunks.usage(completions));
        }
    }

    private static boolean isComplete(FinishReason reason) {
        return switch (reason) {
            case END_OF_TEXT, STOP_STRING -> true;
            case LIMIT, CONTEXT_FULL, CANCELLED -> false;
        };
    }

    private void tell(int index, MessageDelta delta) {
        List<TokenLogprob> logprobs = List.copyOf(untold.get(index));
        untold.get(index).clear();
        if (!delta.isEmpty() || !logprobs.isEmpty()) {
            begin(index);
            chunks.message(index, delta, logprobs, timings(index)).forEach(exchange.events()::send);
        }
    }

    @Override
    public void silence() {
        if (request.stream()) {
            exchange.events().beat();
        }
    }

    /** A choice's first chunk says who speaks. */
    private void begin(int index) {
        if (!begun[index]) {
            begun[index] = true;
            exchange.events().send(chunks.begin(index));
        }
    }

    private Optional<TimingsJson> timings(int index) {
        return request.timingsPerToken()
                ? Optional.of(TimingsJson.of(
                        promptTokens, cachedTokens, completions.get(index).tokenCount(), live.now()))
                : Optional.empty();
    }
}
