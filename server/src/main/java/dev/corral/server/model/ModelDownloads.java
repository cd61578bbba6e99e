package dev.corral.server.model;

import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Models that clients let come and go, where the operator allows it: each by a thread of its own, a model once at a time. Thread-safe.
 */
public final class ModelDownloads implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger("dev.corral.server");

    /** At a time; they share one line to the hub. */
    private static final int MOST = 4;

    private static final String CANCELLED = "the download was cancelled; another goes on where it stopped";

    /** Where models are once they have come. */
    public interface Shelf {

        /** From now on requests may name it. */
        void add(ModelPlan plan);

        /** From now on none may. */
        void remove(ServedModel model);
    }

    private final ModelSource source;
    private final Catalogue catalogue;
    private final Shelf shelf;
    private final Map<String, ModelDownload> running = new LinkedHashMap<>();
    private boolean ended;

    public ModelDownloads(ModelSource source, Catalogue catalogue, Shelf shelf) {
        this.source = source;
        this.catalogue = catalogue;
        this.shelf = shelf;
    }

    /** The model of a name, as the source has it. */
    public ModelSource.Offer find(String asked) throws InterruptedException {
        return source.find(asked);
    }

    /** Begins to bring it, whoever watches; what is coming already goes on. */
    public void begin(ModelSource.Offer offer) {
        synchronized (running) {
            coming(offer).need();
        }
    }

    /** Begins to bring it, for as long as somebody watches; what is coming already goes on. The caller closes its watch. */
    public Watched watch(ModelSource.Offer offer) {
        synchronized (running) {
            ModelDownload download = coming(offer);
            return new Watched(download, download.watch());
        }
    }

    /** A download, and the time for which it is watched. */
    public record Watched(ModelDownload download, ModelDownload.Watch watch) implements AutoCloseable {
        @Override
        public void close() {
            watch.close();
        }
    }

    private ModelDownload coming(ModelSource.Offer offer) {
        if (ended) {
            throw new ApiException(ApiError.Kind.UNAVAILABLE, "Shutting down");
        }
        ModelDownload known = running.get(offer.name());
        if (known != null) {
            return known;
        }
        if (running.size() >= MOST) {
            throw new ApiException(ApiError.Kind.BUSY, MOST + " models are being downloaded; try again later");
        }
        ModelDownload download = new ModelDownload(
                offer.name(), changed -> catalogue.changes().tell(new ModelChanges.Coming(changed, changed.moment())));
        running.put(offer.name(), download);
        Thread thread =
                Thread.ofVirtual().name("corral-download-" + offer.name()).unstarted(() -> bring(offer, download));
        download.runBy(thread);
        thread.start();
        return download;
    }

    private void bring(ModelSource.Offer offer, ModelDownload download) {
        LOG.log(Level.INFO, "{0} is being downloaded", offer.name());
        Optional<String> failure = brought(offer, download);
        synchronized (running) {
            running.remove(offer.name());
        }
        if (failure.isPresent()) {
            LOG.log(Level.WARNING, "{0} was not downloaded: {1}", offer.name(), failure.get());
            download.fail(failure.get());
        } else {
            LOG.log(Level.INFO, "{0} is downloaded", offer.name());
            download.finish();
        }
    }

    /** Why it did not come; empty where it did. */
    private Optional<String> brought(ModelSource.Offer offer, ModelDownload download) {
        try {
            offer.bring(download);
            if (catalogue.find(offer.name()).isEmpty()) {
                shelf.add(offer.plan());
            }
            return Optional.empty();
        } catch (InterruptedException e) {
            return Optional.of(CANCELLED);
        } catch (ApiException e) {
            // whoever is interrupted while he writes a file only learns that it was closed
            return Optional.of(download.isCancelled() ? CANCELLED : e.error().message());
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "the download of " + offer.name() + " failed", e);
            return Optional.of("the download failed; the server's log says why");
        }
    }

    /** What is coming. */
    public List<ModelDownload> running() {
        synchronized (running) {
            return List.copyOf(running.values());
        }
    }

    /** What is coming by a name. */
    public Optional<ModelDownload> running(String name) {
        synchronized (running) {
            return Optional.ofNullable(running.get(name));
        }
    }

    /**
     * Takes a model off the list and deletes its files. What runs on it goes on, and then it leaves memory.
     *
     * @throws ApiException when it is not one that came from the source
     */
    public void remove(ServedModel model) {
        Runnable deletion = source.deletion(model);
        shelf.remove(model);
        deletion.run();
        catalogue.changes().tell(new ModelChanges.Removed(model.plan().name()));
        LOG.log(Level.INFO, "{0} is deleted", model.plan().name());
    }

    /** Ends all downloads; what has come stays for a later try. */
    @Override
    public void close() {
        synchronized (running) {
            ended = true;
            running.values().forEach(ModelDownload::cancel);
        }
    }
}
