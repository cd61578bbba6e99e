package dev.corral.server;

import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import dev.corral.server.hub.FoundModel;
import dev.corral.server.hub.HubException;
import dev.corral.server.hub.HubSettings;
import dev.corral.server.hub.ModelFolder;
import dev.corral.server.hub.ModelReference;
import dev.corral.server.hub.Progress;
import dev.corral.server.hub.Pull;
import dev.corral.server.hub.StoredModel;
import dev.corral.server.model.ModelDownload;
import dev.corral.server.model.ModelPlan;
import dev.corral.server.model.ModelSource;
import dev.corral.server.model.ServedModel;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Function;

/**
 * Models of the operator's hub, which come into the folder that is served, and nowhere else. A client names a repository; no
 * address is taken.
 *
 * @param planner how a model of the folder is loaded
 */
record HubModels(ModelFolder folder, HubSettings hub, Function<StoredModel, ModelPlan> planner) implements ModelSource {

    private static final String LATEST = ":latest";

    @Override
    public ModelSource.Offer find(String asked) throws InterruptedException {
        try (Pull pull = new Pull(folder, hub, Silent.INSTANCE)) {
            return new Found(pull.find(ModelReference.repository(withoutHub(asked))));
        } catch (HubException e) {
            throw new ApiException(ApiError.of(ApiError.Kind.INVALID, told(e)).about("model"));
        }
    }

    /** Ollama's clients put the hub in front of the repository, and their usual tag behind it. */
    private String withoutHub(String asked) {
        String name = asked.endsWith(LATEST) ? asked.substring(0, asked.length() - LATEST.length()) : asked;
        int slash = name.indexOf('/');
        boolean hasHub = slash > 0 && name.indexOf('/', slash + 1) > 0;
        return hasHub && hub.isCalled(name.substring(0, slash)) ? name.substring(slash + 1) : name;
    }

    /** For a client, whom it does not concern where the folder is. */
    private String told(Exception e) {
        return String.valueOf(e.getMessage())
                .replace(folder.root().toAbsolutePath().toString(), "the model folder")
                .replace(folder.root().toString(), "the model folder");
    }

    @Override
    public Runnable deletion(ServedModel model) {
        StoredModel stored = folder.find(model.plan().name())
                .filter(found -> found.file().toString().equals(model.plan().file()))
                .orElseThrow(() -> new ApiException(
                        ApiError.Kind.INVALID,
                        "the model '" + model.plan().name()
                                + "' is not in the folder to which this server downloads, and is not deleted"));
        return () -> {
            try {
                folder.remove(stored);
            } catch (UncheckedIOException e) {
                throw new ApiException(ApiError.Kind.FAULT, "the model's files can't all be deleted: " + told(e));
            }
        };
    }

    /** Something that is no news. */
    private enum Silent implements Progress {
        INSTANCE;

        @Override
        public void at(String file, long done, long total) {}
    }

    private final class Found implements ModelSource.Offer {

        private final FoundModel model;

        private Found(FoundModel model) {
            this.model = model;
        }

        @Override
        public String name() {
            return model.name();
        }

        @Override
        public void bring(ModelDownload download) throws InterruptedException {
            Progress progress = new Progress() {
                @Override
                public void begin(String file, Optional<String> sha256) {
                    download.begin(file, sha256);
                }

                @Override
                public void at(String file, long done, long total) {
                    download.at(file, done, total);
                }
            };
            try (Pull pull = new Pull(folder, hub, progress)) {
                pull.get(model, true);
            } catch (HubException e) {
                throw new ApiException(ApiError.Kind.FAULT, told(e));
            }
        }

        @Override
        public ModelPlan plan() {
            return planner.apply(folder.require(model.name()));
        }
    }
}
