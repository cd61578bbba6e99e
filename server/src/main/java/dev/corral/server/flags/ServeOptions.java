package dev.corral.server.flags;

import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.LocalEngineOptionsBuilder;
import dev.corral.server.dialects.DialectSettings;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import dev.corral.server.hub.HubSettings;
import dev.corral.server.hub.Pull;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.model.ModelRegistry;
import dev.corral.server.terminal.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/**
 * The flags of {@code corral serve}, named like llama-server's where they mean the same, with its {@code LLAMA_ARG_*}
 * variables as defaults.
 */
public final class ServeOptions {

    @ArgGroup(validate = false, heading = "%nConfiguration%n")
    ConfigFlags config = new ConfigFlags();

    @ArgGroup(validate = false, heading = "%nModel%n")
    ModelFlags model = new ModelFlags();

    @ArgGroup(validate = false, heading = "%nDownloaded model%n")
    DownloadFlags download = new DownloadFlags();

    @ArgGroup(validate = false, heading = "%nSeveral models%n")
    ModelsFlags models = new ModelsFlags();

    @ArgGroup(validate = false, heading = "%nModels in memory%n")
    ResidenceFlags residence = new ResidenceFlags();

    @ArgGroup(validate = false, heading = "%nImages and sound%n")
    ProjectorFlags projector = new ProjectorFlags();

    @ArgGroup(validate = false, heading = "%nEngine%n")
    EngineFlags engine = new EngineFlags();

    @ArgGroup(validate = false, heading = "%nCache%n")
    CacheFlags cache = new CacheFlags();

    @ArgGroup(validate = false, heading = "%nAdapters%n")
    AdapterFlags adapters = new AdapterFlags();

    @ArgGroup(validate = false, heading = "%nSpeculation%n")
    SpeculationFlags speculation = new SpeculationFlags();

    @ArgGroup(validate = false, heading = "%nServer%n")
    HttpFlags http = new HttpFlags();

    @ArgGroup(validate = false, heading = "%nEmbeddings%n")
    EmbeddingFlags embedding = new EmbeddingFlags();

    @ArgGroup(validate = false, heading = "%nDefaults of requests%n")
    SamplingFlags sampling = new SamplingFlags();

    @ArgGroup(validate = false, heading = "%nPenalties where a request says nothing%n")
    PenaltyFlags penalties = new PenaltyFlags();

    @ArgGroup(validate = false, heading = "%nFurther samplers where a request says nothing%n")
    RareSamplingFlags rareSampling = new RareSamplingFlags();

    @ArgGroup(validate = false, heading = "%nllama.cpp's own routes%n")
    LlamaCppFlags llamaCpp = new LlamaCppFlags();

    @ArgGroup(validate = false, heading = "%nConversations%n")
    ChatFlags chat = new ChatFlags();

    @ArgGroup(validate = false, heading = "%nPetals%n")
    PetalsFlags petals = new PetalsFlags();

    @ArgGroup(validate = false, heading = "%nEasyLM%n")
    EasyLmFlags easyLm = new EasyLmFlags();

    @ArgGroup(validate = false, heading = "%nChinese-LLaMA-Alpaca, by its own names%n")
    AlpacaFlags alpaca = new AlpacaFlags();

    @ArgGroup(validate = false, heading = "%nPorts of single dialects%n")
    ListenFlags listen = new ListenFlags();

    @ArgGroup(validate = false, heading = "%nLog%n")
    LogFlags log = new LogFlags();

    @Option(
            names = {"--jinja", "--cont-batching", "-cb", "--no-ui", "--no-webui", "--embedding", "--embeddings"},
            hidden = true,
            description = "Accepted, and always so.")
    boolean alwaysSo;

    private @Nullable Path fetched;
    private @Nullable Path fetchedDraft;

    /** The configuration file. */
    public Optional<Path> configuration() {
        return Optional.ofNullable(config.file);
    }

    /** Where every model is served. */
    public Optional<Path> modelsFolder() {
        return models.folder();
    }

    /** Whether clients may download models and delete them. */
    public boolean managesModels() {
        return models.manage;
    }

    /** Which hub models come from. */
    public HubSettings hub() {
        return download.hub.toSettings();
    }

    /** How much of several models may be in memory. */
    public ModelRegistry.Room toRoom() {
        return models.toRoom();
    }

    /** Begins to log. */
    public void startLog() {
        log.apply();
    }

    /** Whether models run in the server's own process. */
    public boolean inProcess() {
        return engine.inProcess;
    }

    public HttpSettings toHttpSettings() {
        return http.toSettings();
    }

    /** How long requests that run when the server ends may take to finish. */
    public Duration grace() {
        return http.grace();
    }

    /** What a person should know of flags that have no effect. */
    public List<String> notes() {
        return alpaca.notes();
    }

    /** Whether a flag says which model it is, or what it is called. */
    public boolean namesAModel() {
        return model.model != null || model.alias != null || download.named();
    }

    /** Whether {@link #fetch} gets the model, or the one that drafts for it. */
    public boolean isDownloaded() {
        return download.named() || speculation.repository != null;
    }

    /** What clients call the model: by its flag, else by its file or its repository, and from now on so. */
    public String settleName() {
        return model.names().stream().findFirst().orElseGet(() -> {
            String name = nameOfItsFile();
            model.alias = name;
            return name;
        });
    }

    private String nameOfItsFile() {
        if (model.model != null) {
            return LocalEngineOptions.of(model.model).name();
        }
        if (download.repository != null) {
            return download.repository;
        }
        throw new BadFlag("which model? Name one with -m FILE, or get one with -hf OWNER/NAME");
    }

    /** All that clients may call the model, first what answers call it; none where its file names it. */
    public List<String> names() {
        return model.names();
    }

    /** When the model leaves memory that nobody uses; empty for never. */
    public Optional<Duration> idleUnload() {
        return residence.idle();
    }

    /** When the model is in memory. */
    public ModelPlan.Residence toResidence() {
        return new ModelPlan.Residence(
                residence.pin, residence.preload, residence.idle(), Duration.ofSeconds(http.timeout));
    }

    /** Gets the models that are to be downloaded, so that they are there like any other; nothing the next time, while they are. */
    public void fetch(Terminal terminal) throws InterruptedException {
        fetchModel(terminal);
        fetchDraft(terminal);
    }

    private void fetchModel(Terminal terminal) throws InterruptedException {
        if (isThere(fetched)) {
            return;
        }
        boolean wantsProjector = projector.wantsBeside();
        if (download.named() && model.model != null && !model.model.equals(fetched)) {
            throw new BadFlag(
                    "--model names another model than " + (download.address != null ? "--model-url" : "--hf-repo"));
        }
        Optional<Pull.Pulled> pulled = download.fetch(wantsProjector, terminal);
        pulled.ifPresent(files -> {
            fetched = files.file();
            model.model = files.file();
        });
        if (wantsProjector) {
            pulled.flatMap(Pull.Pulled::projector)
                    .or(() -> Optional.ofNullable(model.model).flatMap(ModelPlace::projectorOf))
                    .ifPresent(file -> projector.file = file);
        }
    }

    private void fetchDraft(Terminal terminal) throws InterruptedException {
        String repository = speculation.repository;
        if (repository == null || isThere(fetchedDraft)) {
            return;
        }
        if (speculation.model != null && !speculation.model.equals(fetchedDraft)) {
            throw new BadFlag("--model-draft names another draft model than --hf-repo-draft");
        }
        fetchedDraft = download.draft(repository, terminal);
        speculation.model = fetchedDraft;
    }

    private static boolean isThere(@Nullable Path file) {
        return file != null && Files.isRegularFile(file);
    }

    public LocalEngineOptions toEngineOptions() {
        LocalEngineOptionsBuilder options = alpaca.applyTo(model.toOptions(alpaca.model()));
        return speculation
                .applyTo(embedding.applyTo(cache.applyTo(engine.applyTo(projector.applyTo(options)))))
                .adapters(adapters.toOptions(alpaca.adapter()))
                .build();
    }

    /** Names of the model besides the one that answers call it by. */
    public List<String> aliases() {
        return model.names().stream().skip(1).toList();
    }

    /** @param settings of the main port */
    public DialectSettings toDialectSettings(HttpSettings settings) {
        return new DialectSettings(
                llamaCpp.toSettings(),
                petals.toSettings(),
                easyLm.toSettings(),
                alpaca.withOwnPort(listen.toPorts(settings), settings));
    }

    public Defaults toDefaults() {
        return new Defaults(
                sampling.toSampling(penalties, rareSampling),
                sampling.maxTokens,
                sampling.contextShift(),
                embedding.normalize,
                Optional.of(Duration.ofSeconds(http.timeout)),
                http.beat(),
                cache.shared,
                speculation.toSpeculation(),
                chat.toDefaults(),
                llamaCpp.suffixFirst,
                projector.toRemoteHosts());
    }
}
