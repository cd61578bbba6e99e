package dev.corral.server;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Capability;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.EngineStats;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Likelihood;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.Pooling;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.SlotState;
import dev.corral.engine.Tokens;
import dev.corral.engine.ToolCall;
import dev.corral.engine.Tools;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * An engine that plays a script instead of running a model, to drive what a model can't be made to do. Its tokens are
 * UTF-16 units; its chat template puts one message on a line.
 */
public class FakeEngine implements Engine {

    /** What happens to one generation, on a thread of its own. */
    @FunctionalInterface
    public interface Script {
        void play(FakeGeneration generation) throws InterruptedException;
    }

    public static final int VOCABULARY = 0x10000;

    /** Prefix, suffix, middle, repository and file are {@code < > ^ @ #}; every text begins with {@code $}. */
    private static final ModelInfo.InfillTokens INFILL = new ModelInfo.InfillTokens(
            OptionalInt.of('$'),
            OptionalInt.of('<'),
            OptionalInt.of('>'),
            OptionalInt.of('^'),
            OptionalInt.of('@'),
            OptionalInt.of('#'));

    private final Script script;
    private final Deque<Query.Embed> embeds = new ConcurrentLinkedDeque<>();
    private final BlockingQueue<FakeGeneration> submitted = new LinkedBlockingQueue<>();
    private final Queue<FakeGeneration> all = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Query.Vacate> vacated = new LinkedBlockingQueue<>();
    private volatile Optional<Tools> tools = Optional.empty();
    private volatile boolean closed;

    public FakeEngine(Script script) {
        this.script = script;
    }

    /** An engine that answers everything with these pieces of text. */
    public static FakeEngine saying(String... pieces) {
        return new FakeEngine(generation -> generation.start().say(pieces).finish());
    }

    /** An engine whose generations all fail. */
    public static FakeEngine failing(EngineError error) {
        return new FakeEngine(generation -> generation.fail(error));
    }

    /** The next generation that was submitted, waiting for it. */
    public FakeGeneration next() throws InterruptedException {
        FakeGeneration next = submitted.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing was submitted");
        }
        return next;
    }

    @Override
    public ModelInfo model() {
        return new ModelInfo(
                EnumSet.allOf(Capability.class),
                "fake",
                "/models/fake-1b.Q8_0.gguf",
                "fake 1B Q8_0",
                1_000_000_000,
                1_100_000_000,
                "Q8_0",
                new ModelInfo.VocabularyInfo(2, VOCABULARY, "<s>", "</s>", INFILL),
                2,
                new ModelInfo.Embedding(Pooling.MEAN, 1024),
                2048,
                1024,
                4,
                Optional.of("{{ messages }}"),
                Map.of("supports_tools", false),
                Map.of(),
                "fake 1.0");
    }

    @Override
    public Generation submit(Generate request) {
        if (closed) {
            throw new EngineException(new EngineError.Closed());
        }
        FakeGeneration generation = new FakeGeneration(request);
        all.add(generation);
        submitted.add(generation);
        Thread.ofVirtual().name("fake").start(() -> {
            try {
                script.play(generation);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (EngineException e) {
                generation.fail(e.error());
            }
        });
        return generation;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R extends Reply> R ask(Query<R> query) {
        return (R)
                switch (query) {
                    case Query.Tokenize tokenize ->
                        new Reply.Tokenized(
                                Tokens.of(tokenize.text().chars().toArray()),
                                tokenize.text()
                                        .chars()
                                        .mapToObj(
                                                unit -> Character.toString(unit).getBytes(StandardCharsets.UTF_8))
                                        .toList());
                    case Query.Measure measure -> new Reply.Measured(length(measure.prompt()));
                    case Query.Detokenize detokenize -> {
                        StringBuilder text = new StringBuilder();
                        detokenize.tokens().stream().forEach(token -> text.append((char) token));
                        yield new Reply.Detokenized(text.toString());
                    }
                    case Query.ApplyTemplate template -> {
                        tools = template.tools();
                        yield new Reply.Templated(
                                template.messages() + (template.continueFinalMessage() ? "" : "\n>"),
                                template.grammar(),
                                List.of("<end>"),
                                template.tools().isPresent() ? Tokens.of(7) : Tokens.EMPTY,
                                template.tools().map(Tools::json));
                    }
                    case Query.ReadMessage message -> read(message.text());
                    case Query.Slots _ ->
                        new Reply.SlotList(IntStream.range(0, 4)
                                .mapToObj(index -> new SlotState(index, false, -1, 0, 0, 0))
                                .toList());
                    case Query.Score score ->
                        new Reply.Scored(score.items().stream()
                                .map(item -> item.continuations().stream()
                                        .map(continuation -> new Likelihood(0, true, Tokens.EMPTY, List.of()))
                                        .toList())
                                .toList());
                    case Query.ScoreRolling score ->
                        new Reply.RollingScored(score.texts().stream()
                                .map(text -> new Likelihood(0, true, Tokens.EMPTY, List.of()))
                                .toList());
                    case Query.SchemaToGrammar schema -> new Reply.GrammarText(schema.schema());
                    case Query.SaveSlot save -> new Reply.SlotStored(save.slot(), 5, 500, 2_000_000);
                    case Query.RestoreSlot restore -> new Reply.SlotStored(restore.slot(), 5, 500, 2_000_000);
                    case Query.EraseSlot erase -> new Reply.SlotErased(erase.slot(), 5);
                    case Query.Vacate vacate -> {
                        vacated.add(vacate);
                        yield new Reply.Vacated(1);
                    }
                    case Query.Adapters _, Query.LoadAdapter _, Query.UnloadAdapter _, Query.ApplyAdapters _ ->
                        new Reply.AdapterList(List.of(), AdapterSet.NONE, List.of(), 0);
                    case Query.Embed embed -> {
                        embeds.add(embed);
                        yield embedded(embed);
                    }
                    case Query.Rerank rerank ->
                        new Reply.Ranking(rerank.documents().stream()
                                .map(document -> new Reply.Score(document.length() / 2.0, document.length() + 1))
                                .toList());
                };
    }

    /** An image or sound is one token. */
    private static int length(Prompt prompt) {
        return switch (prompt) {
            case Prompt.Text text -> text.text().length();
            case Prompt.Ids(Tokens tokens) -> tokens.size();
            case Prompt.Media _ -> 1;
            case Prompt.Parts(List<Prompt> parts) ->
                parts.stream().mapToInt(FakeEngine::length).sum();
        };
    }

    /** An answer to a request with tools: {@code thought|said@function:arguments@function:arguments}. */
    private static Reply.Message read(String text) {
        List<String> parts = List.of(text.split("@", -1));
        List<ToolCall> calls = parts.stream()
                .skip(1)
                .map(call -> call.split(":", 2))
                .map(call -> new ToolCall("", call[0], call.length == 2 ? call[1] : ""))
                .toList();
        int bar = parts.getFirst().indexOf('|');
        return new Reply.Message(
                parts.getFirst().substring(0, Math.max(0, bar)),
                parts.getFirst().substring(bar + 1),
                calls);
    }

    /** Each input's vector is its number and its length in tokens. */
    private static Reply.Embeddings embedded(Query.Embed query) {
        List<Reply.Embedding> embeddings = new ArrayList<>();
        for (Prompt input : query.inputs()) {
            int length = input instanceof Prompt.Ids(Tokens tokens)
                    ? tokens.size()
                    : ((Prompt.Text) input).text().length();
            float[] vector = {embeddings.size(), length};
            embeddings.add(new Reply.Embedding(
                    query.pooling() == Pooling.NONE ? Collections.nCopies(length, vector) : List.of(vector), length));
        }
        return new Reply.Embeddings(embeddings, query.pooling());
    }

    /** What was moved out of the KV cache, waiting for it. */
    public Query.Vacate nextVacated() throws InterruptedException {
        Query.Vacate next = vacated.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("nothing was vacated");
        }
        return next;
    }

    /** The tools of the last conversation. */
    public Optional<Tools> lastTools() {
        return tools;
    }

    /** The last question for embeddings. */
    public Query.Embed lastEmbed() {
        return embeds.getLast();
    }

    @Override
    public EngineStats stats() {
        return EngineStats.idle(4, 1024);
    }

    @Override
    public void close() {
        closed = true;
        all.forEach(generation -> generation.fail(new EngineError.Closed()));
    }
}
