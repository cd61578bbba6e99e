package dev.corral.server.page;

import dev.corral.server.http.StaticFile;
import dev.corral.server.http.StaticFile.Freshness;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The files of the page, as resources beside this class: each with its gzip and Brotli form where the build made one. Each
 * is read once, when it is first asked for. Thread-safe.
 */
final class PageFiles {

    private static final String INDEX = "index.html";
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "png", "image/png",
            "woff2", "font/woff2",
            "webmanifest", "application/manifest+json",
            "txt", "text/plain; charset=utf-8");

    private final String folder;
    private final Map<String, Optional<StaticFile>> read = new ConcurrentHashMap<>();

    private PageFiles(String folder) {
        this.folder = folder;
    }

    /** Those that the build of {@code webapp/} made; none where it did not run. */
    static PageFiles built() {
        return new PageFiles("built");
    }

    /** Those in another folder beside this class. */
    static PageFiles in(String folder) {
        return new PageFiles(folder);
    }

    Optional<StaticFile> index() {
        return file(INDEX, Freshness.ASK);
    }

    /** A file whose name stays when its content changes. */
    Optional<StaticFile> named(String name) {
        return file(name, Freshness.ASK);
    }

    /** A file whose name has a digest of its content. */
    Optional<StaticFile> asset(String name) {
        return file("assets/" + name, Freshness.FOREVER);
    }

    private Optional<StaticFile> file(String path, Freshness freshness) {
        Optional<StaticFile> known = read.get(path);
        if (known != null) {
            return known;
        }
        Optional<StaticFile> found = load(path, freshness);
        if (found.isPresent()) { // names that don't exist are as many as clients can think of
            read.put(path, found);
        }
        return found;
    }

    private Optional<StaticFile> load(String path, Freshness freshness) {
        String type = TYPES.get(path.substring(path.lastIndexOf('.') + 1));
        if (type == null) {
            return Optional.empty();
        }
        return bytes(path).map(plain -> {
            Map<String, byte[]> encodings = new LinkedHashMap<>();
            bytes(path + ".br").ifPresent(brotli -> encodings.put("br", brotli));
            bytes(path + ".gz").ifPresent(gzip -> encodings.put("gzip", gzip));
            return new StaticFile(type, freshness, plain, encodings);
        });
    }

    private Optional<byte[]> bytes(String path) {
        try (InputStream in = PageFiles.class.getResourceAsStream(folder + "/" + path)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
