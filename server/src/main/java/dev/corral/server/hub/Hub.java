package dev.corral.server.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the hub knows of repositories. Thread-safe. */
final class Hub {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    /** A list of files longer than this is no list of files. */
    private static final int MOST_BYTES = 64 << 20;

    private final HubSettings settings;
    private final HubHttp http;

    Hub(HubSettings settings, HubHttp http) {
        this.settings = settings;
        this.http = http;
    }

    /**
     * The files of a repository.
     *
     * @param revision branch, tag or commit
     * @throws HubException when the hub has none of that name, or shows it to nobody without a token
     */
    Listing list(RepositoryName repository, String revision) throws InterruptedException {
        URI address = settings.at("/api/models/" + repository + "/revision/" + encoded(revision) + "?blobs=true");
        JsonNode answer = json(address, "the repository " + repository);
        String commit = answer.path("sha").asText();
        if (!COMMIT.matcher(commit).matches() || !answer.path("siblings").isArray()) {
            throw new HubException(settings + " does not answer as a hub does");
        }
        List<RemoteFile> files = new ArrayList<>();
        for (JsonNode sibling : answer.get("siblings")) {
            String path = sibling.path("rfilename").asText();
            JsonNode lfs = sibling.path("lfs");
            if (path.endsWith(ModelFile.EXTENSION)) {
                files.add(new RemoteFile(
                        path,
                        settings.at("/" + repository + "/resolve/" + commit + "/" + encodedPath(path)),
                        lfs.path("size").asLong(sibling.path("size").asLong(-1)),
                        sha256(lfs.path("sha256").asText(lfs.path("oid").asText()))));
            }
        }
        return new Listing(repository, commit, files);
    }

    /** Empty where it is none. */
    static Optional<String> sha256(String digits) {
        return Optional.of(digits).filter(text -> SHA256.matcher(text).matches());
    }

    private JsonNode json(URI address, String what) throws InterruptedException {
        try {
            HubHttp.Answer answer = http.get(address, Map.of("Accept", "application/json"));
            try (InputStream body = answer.last().body()) {
                if (answer.status() != 200) {
                    throw http.refusal(answer, what);
                }
                return JSON.readTree(body.readNBytes(MOST_BYTES));
            }
        } catch (IOException e) {
            throw new HubException("the hub at " + settings + " can't be reached: " + Download.told(e), e);
        }
    }

    private static String encodedPath(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/", -1)) {
            parts.add(encoded(part));
        }
        return String.join("/", parts);
    }

    private static String encoded(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
