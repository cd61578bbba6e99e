package dev.corral.server.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Brings models into the model folder.
 *
 * <p>Ownership: whoever opened it closes it. Used by one thread.
 */
public final class Pull implements AutoCloseable {

    private static final int CHUNK = 1 << 20;

    /**
     * What has come.
     *
     * @param file what is loaded; the first where the model is split
     * @param projector what lets the model see or hear, where there is one beside it
     */
    public record Pulled(Path file, Optional<Path> projector) {}

    private final ModelFolder folder;
    private final Hub hub;
    private final HubHttp http;
    private final Download.Patience patience;
    private final Progress progress;

    public Pull(ModelFolder folder, HubSettings settings, Progress progress) {
        this(folder, settings, progress, Download.Patience.STANDARD);
    }

    Pull(ModelFolder folder, HubSettings settings, Progress progress, Download.Patience patience) {
        this.folder = folder;
        this.http = new HubHttp(settings);
        this.hub = new Hub(settings, http);
        this.patience = patience;
        this.progress = progress;
    }

    /**
     * Gets a model with all its parts. What is there already and unchanged stays.
     *
     * @param withProjector its projector too, where it has one
     * @throws HubException when it can't be had
     */
    public Pulled get(ModelReference reference, boolean withProjector) throws InterruptedException {
        return switch (reference) {
            case ModelReference.OfRepository of -> get(find(of), withProjector);
            case ModelReference.OfAddress of -> address(of.address());
        };
    }

    /**
     * The model that is meant, before anything of it is fetched.
     *
     * @throws HubException when there is none
     */
    public FoundModel find(ModelReference.OfRepository wanted) throws InterruptedException {
        return new FoundModel(
                wanted.repository(),
                hub.list(wanted.repository(), wanted.revision()).choose(wanted));
    }

    /** As {@link #get(ModelReference, boolean)}. */
    public Pulled get(FoundModel found, boolean withProjector) throws InterruptedException {
        Path home = folder.of(found.repository());
        List<Path> files = new ArrayList<>();
        for (RemoteFile part : found.choice().parts()) {
            files.add(one(part, home.resolve(part.path())));
        }
        Optional<RemoteFile> projector = found.projector(withProjector);
        return projector.isEmpty()
                ? new Pulled(files.getFirst(), Optional.empty())
                : new Pulled(
                        files.getFirst(),
                        Optional.of(one(
                                projector.get(), home.resolve(projector.get().path()))));
    }

    private Pulled address(URI address) throws InterruptedException {
        ModelFile name = ModelFile.of(ModelFile.baseName(address.getPath())).orElseThrow();
        List<Path> files = new ArrayList<>();
        for (String part : name.all()) {
            RemoteFile file = new RemoteFile(part, withName(address, part), -1, Optional.empty());
            files.add(one(file, folder.root().resolve(part)));
        }
        return new Pulled(files.getFirst(), Optional.empty());
    }

    /** The same address with another last name in its path. */
    private static URI withName(URI address, String name) {
        String raw = address.getRawPath();
        String query = address.getRawQuery() == null ? "" : "?" + address.getRawQuery();
        return URI.create(address.getScheme() + "://" + address.getRawAuthority()
                + raw.substring(0, raw.lastIndexOf('/') + 1) + pathOf(name) + query);
    }

    private static String pathOf(String name) {
        try {
            return new URI(null, null, "/" + name, null).getRawPath().substring(1);
        } catch (URISyntaxException e) {
            throw new HubException("'" + name + "' is no name of a file", e);
        }
    }

    private Path one(RemoteFile file, Path target) throws InterruptedException {
        String address = withoutQuery(file.address());
        Optional<Origin> known = Origin.of(target);
        try {
            if (known.isPresent() ? isSame(file, known.get(), address) : isThere(file, target)) {
                progress.kept(ModelFile.baseName(file.path()));
                return target;
            }
            if (file.sha256().isEmpty() && Files.exists(target)) {
                throw new HubException(target + " is there already"
                        + known.map(origin -> ", from " + origin.address()).orElse("") + "; remove it first");
            }
            progress.begin(ModelFile.baseName(file.path()), file.sha256());
            Download.Received received = new Download(http, file, target, patience, progress).run();
            new Origin(address, received.sha256(), received.size()).writeFor(target);
            return target;
        } catch (IOException e) {
            throw new HubException(target + " can't be written: " + Download.told(e), e);
        }
    }

    private static boolean isSame(RemoteFile file, Origin known, String address) {
        return file.sha256()
                .map(known.sha256()::equals)
                .orElseGet(() -> known.address().equals(address));
    }

    /** A file that somebody put there by other means. */
    private static boolean isThere(RemoteFile file, Path target) throws IOException {
        return file.sha256().isPresent()
                && Files.isRegularFile(target)
                && Files.size(target) == file.size()
                && digest(target).equals(file.sha256().get());
    }

    private static String digest(Path file) throws IOException {
        MessageDigest digest = PartFile.sha256();
        try (FileChannel channel = FileChannel.open(file)) {
            ByteBuffer buffer = ByteBuffer.allocate(CHUNK);
            while (channel.read(buffer.clear()) >= 0) {
                digest.update(buffer.flip());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String withoutQuery(URI address) {
        return address.getScheme() + "://" + address.getHost() + (address.getPort() >= 0 ? ":" + address.getPort() : "")
                + address.getRawPath();
    }

    @Override
    public void close() {
        http.close();
    }
}
