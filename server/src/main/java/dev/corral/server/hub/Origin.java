package dev.corral.server.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a file in the model folder came from; kept beside it in a hidden file.
 *
 * @param address without what stands behind a {@code ?}, which may be a secret
 * @param sha256 of its content, as it was when it came
 * @param size in bytes
 */
public record Origin(String address, String sha256, long size) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Where the origin of a file is written. */
    static Path path(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".origin");
    }

    /** Empty where nobody wrote it, or it is of another file that had the name. */
    public static Optional<Origin> of(Path file) {
        Path path = path(file);
        try {
            if (!Files.isRegularFile(path) || !Files.isRegularFile(file)) {
                return Optional.empty();
            }
            JsonNode json = JSON.readTree(path.toFile());
            Origin origin = new Origin(
                    json.path("address").asText(),
                    json.path("sha256").asText(),
                    json.path("size").asLong());
            return Optional.of(origin).filter(known -> known.size == sizeOf(file));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static long sizeOf(Path file) {
        return file.toFile().length();
    }

    void writeFor(Path file) throws IOException {
        JSON.writeValue(
                path(file).toFile(),
                JSON.createObjectNode()
                        .put("address", address)
                        .put("sha256", sha256)
                        .put("size", size));
    }
}
