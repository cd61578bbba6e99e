package dev.corral.engine.local.adapter;

import dev.corral.engine.AdapterInfo;
import dev.corral.engine.AdapterSet;
import dev.corral.engine.AdapterSet.Scaled;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Reply;
import dev.corral.engine.local.model.CheckedModel;
import dev.corral.engine.local.options.AdapterOptions;
import dev.corral.gguf.GgufException;
import dev.corral.llama.Adapter;
import dev.corral.llama.Context;
import dev.corral.llama.LlamaException;
import dev.corral.llama.Model;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The adapters of a model: which are loaded, which apply by default, and which the context applies at the moment. One that
 * is unloaded can't be named any more, and is freed when the last completion that uses it has ended.
 *
 * <p>Ownership: the native adapters are the model's, which frees what is left. The engine thread's, but for {@link #fetch}.
 */
public final class Adapters {

    private static final System.Logger LOG = System.getLogger(Adapters.class.getName());

    private final CheckedModel files;
    private final Model model;
    private final Context context;
    private final Optional<AdapterFolder> folder;
    private final Map<String, LoadedAdapter> loaded = new ConcurrentSkipListMap<>();
    private final List<LoadedAdapter> unloaded = new ArrayList<>();
    private AdapterSet defaults = AdapterSet.NONE;
    private AppliedAdapters current = AppliedAdapters.NONE;
    private int nextId;
    private long switches;

    /**
     * Loads what the options name.
     *
     * @param files what the model was loaded from
     * @throws GgufException when a file is no adapter, or none of this model
     * @throws LlamaException when llama.cpp can't load it
     */
    public Adapters(AdapterOptions options, CheckedModel files, Model model, Context context) {
        this.files = files;
        this.model = model;
        this.context = context;
        this.folder = options.folder().map(AdapterFolder::new);
        List<Scaled> applied = new ArrayList<>();
        for (AdapterOptions.File file : options.files()) {
            load(CheckedAdapter.read(file, files));
            applied.add(new Scaled(file.name(), file.scale()));
        }
        if (options.apply()) {
            defaults = new AdapterSet(applied);
        }
    }

    private LoadedAdapter load(CheckedAdapter checked) {
        String name = checked.file().name();
        Adapter adapter = model.loadAdapter(checked.file().path());
        if (adapter.invocationTokens().length > 0) {
            adapter.close();
            throw new EngineException(new EngineError.Unsupported("the adapter '" + name
                    + "' is an activated LoRA, which applies from certain tokens on; these are not supported"));
        }
        LoadedAdapter entry = new LoadedAdapter(nextId++, checked, adapter);
        loaded.put(name, entry);
        return entry;
    }

    /**
     * Reads the files of adapters in a set that are not loaded yet. Any thread but the engine's, which it would hold up.
     *
     * @throws EngineException when there is no adapter of a name
     */
    public List<CheckedAdapter> fetch(AdapterSet set) {
        List<CheckedAdapter> files = new ArrayList<>();
        for (Scaled adapter : set.adapters()) {
            if (!loaded.containsKey(adapter.name())) {
                files.add(fetch(adapter.name()));
            }
        }
        return files;
    }

    private CheckedAdapter fetch(String name) {
        AdapterOptions.File file = folder.flatMap(names -> names.find(name)).orElseThrow(() -> unknown(name));
        try {
            return CheckedAdapter.read(file, files);
        } catch (UncheckedIOException e) {
            LOG.log(Level.WARNING, "the adapter " + name + " can't be read", e);
            throw unknown(name);
        } catch (GgufException e) {
            throw unfit(name, e);
        }
    }

    /**
     * The adapters of a set, which must be given back by {@link #release}.
     *
     * @param asked empty for what applies by default
     * @param fetched what {@link #fetch} found for it; what is loaded by now stays as it is
     * @throws EngineException when one is not there, or is no adapter of this model
     */
    public AppliedAdapters acquire(Optional<AdapterSet> asked, List<CheckedAdapter> fetched) {
        for (CheckedAdapter file : fetched) {
            loadNamed(file);
        }
        AdapterSet set = asked.orElse(defaults);
        List<LoadedAdapter> adapters = new ArrayList<>();
        for (Scaled adapter : set.adapters()) {
            @Nullable LoadedAdapter entry = loaded.get(adapter.name());
            if (entry == null) {
                throw unknown(adapter.name());
            }
            adapters.add(entry);
        }
        AppliedAdapters applied = AppliedAdapters.of(adapters, set);
        applied.retain();
        return applied;
    }

    private void loadNamed(CheckedAdapter file) {
        String name = file.file().name();
        if (loaded.containsKey(name)) {
            return;
        }
        try {
            load(file);
            LOG.log(Level.INFO, "loaded the adapter " + name);
        } catch (LlamaException e) {
            throw unfit(name, e);
        }
    }

    private static InvalidRequestException unfit(String name, RuntimeException cause) {
        LOG.log(Level.WARNING, "the adapter " + name + " can't be loaded", cause);
        return new InvalidRequestException("adapters", name, "must be a LoRA adapter that was made for this model");
    }

    private static InvalidRequestException unknown(String name) {
        return new InvalidRequestException(
                "adapters", name, "must be an adapter that is loaded or in the adapters' folder");
    }

    public void release(AppliedAdapters applied) {
        applied.release();
        freeSpent();
    }

    private void freeSpent() {
        for (LoadedAdapter entry : unloaded) {
            if (entry.isSpent()) {
                if (current.adapters().contains(entry)) {
                    apply(AppliedAdapters.NONE);
                }
                context.synchronize();
                entry.adapter().close();
            }
        }
        unloaded.removeIf(LoadedAdapter::isSpent);
    }

    /** Makes the context compute with these from its next batch on. */
    public void apply(AppliedAdapters applied) {
        if (!applied.equals(current)) {
            context.setAdapters(applied.natives(), applied.strengths());
            switches++;
        }
        current = applied;
    }

    /** Loads what {@link #fetch} found. */
    public Reply.AdapterList load(List<CheckedAdapter> fetched) {
        if (folder.isEmpty()) {
            throw new EngineException(new EngineError.Unsupported(
                    "adapters can't be loaded or unloaded here: no folder was configured for them"));
        }
        fetched.forEach(this::loadNamed);
        return list();
    }

    public Reply.AdapterList unload(String name) {
        load(List.of());
        @Nullable LoadedAdapter entry = loaded.remove(name);
        if (entry == null) {
            throw new InvalidRequestException("adapters", name, "must be an adapter that is loaded");
        }
        defaults = new AdapterSet(defaults.adapters().stream()
                .filter(adapter -> !adapter.name().equals(name))
                .toList());
        entry.unload();
        unloaded.add(entry);
        freeSpent();
        return list();
    }

    /** Changes what is applied where a request does not choose. */
    public Reply.AdapterList applyByDefault(AdapterSet set, List<CheckedAdapter> fetched) {
        release(acquire(Optional.of(set), fetched));
        defaults = set;
        return list();
    }

    public Reply.AdapterList list() {
        List<AdapterInfo> infos = loaded.values().stream()
                .map(LoadedAdapter::info)
                .sorted((a, b) -> Integer.compare(a.id(), b.id()))
                .toList();
        List<String> available = folder.map(AdapterFolder::names).orElse(List.of()).stream()
                .filter(name -> !loaded.containsKey(name))
                .toList();
        return new Reply.AdapterList(infos, defaults, available, switches);
    }
}
