package dev.corral.server;

import dev.corral.engine.EngineError;
import dev.corral.engine.Event;
import dev.corral.engine.FinishReason;
import dev.corral.engine.Generate;
import dev.corral.engine.QueuedGeneration;
import dev.corral.engine.Timings;
import dev.corral.engine.TokenLogprob;
import dev.corral.engine.Tokens;
import dev.corral.engine.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A generation whose events a test sends by hand. Each event that completes it completes every completion asked for. */
public final class FakeGeneration extends QueuedGeneration {

    private static final AtomicLong IDS = new AtomicLong();

    private final CountDownLatch cancelled = new CountDownLatch(1);
    private int said;

    FakeGeneration(Generate request) {
        super(IDS.incrementAndGet(), request);
        send(new Event.Queued(0));
    }

    public FakeGeneration send(Event event) {
        deliver(event);
        return this;
    }

    public FakeGeneration start() {
        return send(new Event.Started(2, 7, 3));
    }

    /** Reports the prompt's tokens, of one letter each. */
    public FakeGeneration prompt(String text) {
        List<TokenLogprob> tokens = new ArrayList<>();
        for (char letter : text.toCharArray()) {
            List<Integer> bytes = List.of((int) letter);
            TokenLogprob likely = new TokenLogprob('z', List.of((int) 'z'), -0.25, List.of());
            tokens.add(
                    tokens.isEmpty()
                            ? new TokenLogprob(letter, bytes, Double.NaN, List.of())
                            : new TokenLogprob(letter, bytes, -2, List.of(likely)));
        }
        return send(new Event.PromptLogprobs(tokens));
    }

    /** Each piece is one delta of one token. */
    public FakeGeneration say(String... pieces) {
        for (String piece : pieces) {
            said++;
            for (int index = 0; index < request().completions(); index++) {
                send(new Event.Delta(index, piece, Tokens.of(piece.isEmpty() ? 0 : piece.charAt(0)), logprobs(piece)));
            }
        }
        return this;
    }

    public FakeGeneration finish() {
        return finish(FinishReason.END_OF_TEXT, Optional.empty());
    }

    public FakeGeneration finish(FinishReason reason, Optional<String> word) {
        for (int index = 0; index < request().completions(); index++) {
            send(new Event.Finished(
                    index, reason, word, new Usage(7, 3, said, false), new Timings(1_000_000, 8_000_000, 4_000_000)));
        }
        return this;
    }

    public FakeGeneration fail(EngineError error) {
        return send(new Event.Failed(error));
    }

    /** Waits until the client's side gave it up. */
    public void awaitCancel() throws InterruptedException {
        if (!cancelled.await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("was not cancelled");
        }
    }

    @Override
    protected void cancelled() {
        cancelled.countDown();
        finish(FinishReason.CANCELLED, Optional.empty());
    }

    private List<TokenLogprob> logprobs(String piece) {
        if (request().logprobs().top() == 0) {
            return List.of();
        }
        List<Integer> bytes = piece.chars().boxed().toList();
        TokenLogprob likely = new TokenLogprob(piece.charAt(0), bytes, -0.5, List.of());
        TokenLogprob impossible = new TokenLogprob(1, List.of(0xE4, 0xB8), Double.NEGATIVE_INFINITY, List.of());
        return List.of(new TokenLogprob(piece.charAt(0), bytes, -0.5, List.of(likely, impossible)));
    }
}
