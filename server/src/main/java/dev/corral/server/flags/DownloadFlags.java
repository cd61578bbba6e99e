package dev.corral.server.flags;

import dev.corral.server.hub.HubException;
import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.ModelReference;
import dev.corral.server.hub.Pull;
import dev.corral.server.hub.StoredModel;
import dev.corral.server.terminal.ProgressBar;
import dev.corral.server.terminal.Terminal;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Flags for a model that is downloaded, unless it is there, before it is served. */
final class DownloadFlags {

    @Option(
            names = {"-hf", "-hfr", "--hf-repo"},
            paramLabel = "OWNER/NAME[:QUANT]",
            defaultValue = "${LLAMA_ARG_HF_REPO}",
            description = "A model of the hub: Q4_K_M, else Q8_0, else the first, where QUANT says nothing.")
    @Nullable
    String repository;

    @Option(
            names = {"-hff", "--hf-file"},
            paramLabel = "FILE",
            defaultValue = "${LLAMA_ARG_HF_FILE}",
            description = "Which file of that repository, in place of QUANT.")
    @Nullable
    String file;

    @Option(
            names = {"-mu", "--model-url"},
            paramLabel = "URL",
            defaultValue = "${LLAMA_ARG_MODEL_URL}",
            description = "The address of a model, a GGUF file.")
    @Nullable
    String address;

    @Option(
            names = "--offline",
            negatable = true,
            defaultValue = "${LLAMA_ARG_OFFLINE:-false}",
            fallbackValue = "true",
            description = "Take what is in the model folder, and ask no hub.")
    boolean offline;

    @ArgGroup(validate = false)
    HubFlags hub = new HubFlags();

    boolean named() {
        return repository != null || address != null;
    }

    /** The model that is named, which is in the model folder from now on; empty where none is. */
    Optional<Pull.Pulled> fetch(boolean withProjector, Terminal terminal) throws InterruptedException {
        if (repository != null && address != null) {
            throw new BadFlag("--hf-repo and --model-url name two models");
        }
        if (file != null && repository == null) {
            throw new BadFlag("--hf-file is a file of a repository, which --hf-repo names");
        }
        if (!named()) {
            return Optional.empty();
        }
        return Optional.of(get(reference(), storedName(), withProjector, terminal));
    }

    /** A model of the hub that drafts, which is in the model folder from now on. */
    Path draft(String wanted, Terminal terminal) throws InterruptedException {
        return get(ModelReference.repository(wanted), wanted, false, terminal).file();
    }

    /** @param name as the model folder has it */
    private Pull.Pulled get(ModelReference wanted, String name, boolean withProjector, Terminal terminal)
            throws InterruptedException {
        ModelFolder folder = ModelFolder.standard(System.getenv());
        if (offline) {
            return stored(folder.require(name));
        }
        ProgressBar bar = new ProgressBar(terminal);
        try (Pull pull = new Pull(folder, hub.toSettings(), bar)) {
            return pull.get(wanted, withProjector);
        } catch (HubException e) {
            bar.endLine();
            StoredModel there = folder.find(name).orElseThrow(() -> e);
            terminal.err().println("corral: " + e.getMessage() + "; what is there already is served");
            return stored(there);
        }
    }

    private static Pull.Pulled stored(StoredModel model) {
        return new Pull.Pulled(model.file(), model.projector());
    }

    private String storedName() {
        return file != null ? file.substring(file.lastIndexOf('/') + 1) : repository != null ? repository : last();
    }

    private String last() {
        String path =
                address == null ? "" : ModelReference.address(address).address().getPath();
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private ModelReference reference() {
        if (address != null) {
            return ModelReference.address(address);
        }
        ModelReference.OfRepository of = ModelReference.repository(repository == null ? "" : repository);
        return file == null ? of : of.withFile(file);
    }
}
