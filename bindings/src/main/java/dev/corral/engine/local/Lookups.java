package dev.corral.engine.local;

import dev.corral.engine.AdapterSet;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.Tokens;
import dev.corral.engine.local.adapter.AppliedAdapters;
import dev.corral.engine.local.adapter.CheckedAdapter;
import dev.corral.engine.local.cache.PrefixSpace;
import dev.corral.engine.local.text.TextThreads;
import dev.corral.engine.local.text.UnbrokenRuns;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Answers to queries that compute nothing: what the model's tokenizer and templates say, and what the engine holds. Native
 * work on texts is done by the text thread that asks, all else by the engine thread.
 *
 * <p>Thread-safe.
 */
final class Lookups {

    private final LoadedModel loaded;
    private final Preparation preparation;
    private final TextThreads text;

    Lookups(LoadedModel loaded, Preparation preparation, TextThreads text) {
        this.loaded = loaded;
        this.preparation = preparation;
        this.text = text;
    }

    /** Blocks until the answer is there; on a text thread. */
    Reply answer(Query<?> query) throws InterruptedException {
        return switch (query) {
            case Query.Tokenize tokenize -> text.timed(() -> tokenized(tokenize));
            case Query.Measure(Prompt prompt) -> text.timed(() -> new Reply.Measured(preparation.length(prompt)));
            case Query.Detokenize detokenize -> text.timed(() -> preparation.detokenize(detokenize));
            case Query.ApplyTemplate template ->
                text.timed(() -> loaded.templates().apply(template));
            case Query.ReadMessage message ->
                text.timed(() -> loaded.templates().read(message));
            case Query.SchemaToGrammar(String schema) ->
                text.timed(() -> new Reply.GrammarText(preparation.grammarOf(schema)));
            case Query.SaveSlot(int slot, String name, String partition) ->
                onEngine(() -> loaded.slotFiles().save(slot, name, partition));
            case Query.RestoreSlot(int slot, String name, String partition) ->
                onEngine(() -> loaded.slotFiles().restore(slot, name, partition));
            case Query.EraseSlot(int slot, String partition) ->
                onEngine(() -> loaded.slotFiles().erase(slot, partition));
            case Query.Vacate vacate -> onEngine(() -> vacated(vacate));
            case Query.Adapters() -> onEngine(loaded.adapters()::list);
            case Query.LoadAdapter(String name) -> {
                List<CheckedAdapter> files = loaded.adapters().fetch(AdapterSet.of(name));
                yield onEngine(() -> loaded.adapters().load(files));
            }
            case Query.UnloadAdapter(String name) ->
                onEngine(() -> loaded.adapters().unload(name));
            case Query.ApplyAdapters(AdapterSet set) -> {
                List<CheckedAdapter> files = loaded.adapters().fetch(set);
                yield onEngine(() -> loaded.adapters().applyByDefault(set, files));
            }
            case Query.Slots() ->
                onEngine(() -> new Reply.SlotList(loaded.scheduler().slotStates()));
            case Query.Score _, Query.ScoreRolling _, Query.Embed _, Query.Rerank _ ->
                throw new IllegalArgumentException("computed, not looked up");
        };
    }

    private Reply.Vacated vacated(Query.Vacate query) {
        AppliedAdapters applied = loaded.adapters().acquire(query.adapters(), List.of());
        try {
            PrefixSpace space = PrefixSpace.of(applied.identity(), query.partition());
            return new Reply.Vacated(
                    loaded.scheduler().vacate(space, query.tokens().toArray()));
        } finally {
            loaded.adapters().release(applied);
        }
    }

    private Reply tokenized(Query.Tokenize query) {
        UnbrokenRuns.check("content", query.text(), loaded.vocabulary());
        int[] tokens = loaded.vocabulary().tokenize(query.text(), query.addSpecial(), query.parseSpecial());
        List<byte[]> pieces = new ArrayList<>(query.pieces() ? tokens.length : 0);
        if (query.pieces()) {
            for (int token : tokens) {
                pieces.add(loaded.vocabulary().piece(token, true));
            }
        }
        return new Reply.Tokenized(Tokens.of(tokens), pieces);
    }

    /** Runs on the engine thread, which outlives the text threads that wait for it. */
    private <T> T onEngine(Supplier<T> question) throws InterruptedException {
        return loaded.loop().call(question);
    }
}
