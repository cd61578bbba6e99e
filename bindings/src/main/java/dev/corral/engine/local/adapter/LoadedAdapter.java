package dev.corral.engine.local.adapter;

import dev.corral.engine.AdapterInfo;
import dev.corral.llama.Adapter;

/** An adapter in memory, and how many completions use it. The engine thread's. */
final class LoadedAdapter {

    private final int id;
    private final CheckedAdapter source;
    private final Adapter adapter;
    private int users;
    private boolean unloaded;

    LoadedAdapter(int id, CheckedAdapter source, Adapter adapter) {
        this.id = id;
        this.source = source;
        this.adapter = adapter;
    }

    String name() {
        return source.file().name();
    }

    String digest() {
        return source.digest();
    }

    float scale() {
        return source.file().scale();
    }

    Adapter adapter() {
        return adapter;
    }

    void retain() {
        users++;
    }

    void release() {
        users--;
    }

    /** No request can name it any more. */
    void unload() {
        unloaded = true;
    }

    /** Unloaded, and nobody needs it any more. */
    boolean isSpent() {
        return unloaded && users == 0;
    }

    AdapterInfo info() {
        return new AdapterInfo(id, name(), source.file().path().toString(), scale(), users);
    }
}
