package dev.corral.server;

import dev.corral.engine.AdapterInfo;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A fake engine with adapters: verse and prose are loaded, and rhyme could be. */
public final class FakeAdapters extends FakeEngine {

    private static final List<AdapterInfo> LOADED = List.of(
            new AdapterInfo(0, "verse", "/adapters/verse.gguf", 1, 0),
            new AdapterInfo(3, "prose", "/adapters/prose.gguf", 0.5f, 0));

    private final Queue<Query<?>> asked = new ConcurrentLinkedQueue<>();
    private volatile AdapterSet applied = AdapterSet.of("prose", 0.5f);

    public FakeAdapters() {
        super(generation -> generation.start().say("a").finish());
    }

    /** The queries that changed something, in order. */
    public List<Query<?>> asked() {
        return List.copyOf(asked);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <R extends Reply> R ask(Query<R> query) {
        switch (query) {
            case Query.ApplyAdapters(AdapterSet set) -> applied = set;
            case Query.LoadAdapter(String name) -> require(name, "rhyme");
            case Query.UnloadAdapter(String name) -> require(name, "verse");
            case Query.Adapters _ -> {}
            default -> {
                return super.ask(query);
            }
        }
        if (!(query instanceof Query.Adapters)) {
            asked.add(query);
        }
        return (R) new Reply.AdapterList(LOADED, applied, List.of("rhyme"), 0);
    }

    private static void require(String name, String expected) {
        if (!name.equals(expected)) {
            throw new InvalidRequestException("adapters", name, "must be another");
        }
    }
}
