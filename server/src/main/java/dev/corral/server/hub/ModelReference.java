package dev.corral.server.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/** Where a model is to come from, as a person writes it. */
public sealed interface ModelReference {

    /**
     * A model of a repository.
     *
     * @param tag which of its models, by quantization, such as Q8_0; empty for Q4_K_M, else Q8_0, else the first
     * @param file which of its files; empty leaves it to {@code tag}
     * @param revision branch, tag or commit
     */
    record OfRepository(RepositoryName repository, Optional<String> tag, Optional<String> file, String revision)
            implements ModelReference {

        /** The same, but a file of this path in the repository. */
        public OfRepository withFile(String path) {
            return new OfRepository(repository, tag, Optional.of(path), revision);
        }

        public OfRepository at(String newRevision) {
            return new OfRepository(repository, tag, file, newRevision);
        }

        @Override
        public String toString() {
            return repository + tag.map(quant -> ":" + quant).orElse("");
        }
    }

    /** A file anywhere: http or https, its path ending with {@code .gguf}. */
    record OfAddress(URI address) implements ModelReference {
        @Override
        public String toString() {
            return address.toString();
        }
    }

    String NEWEST = "main";

    /**
     * {@code OWNER/NAME}, {@code OWNER/NAME:QUANT} or an address.
     *
     * @throws HubException when it is none of them
     */
    static ModelReference parse(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        return lower.startsWith("http://") || lower.startsWith("https://") ? address(text) : repository(text);
    }

    /** @throws HubException when it is no address of a GGUF file */
    static OfAddress address(String text) {
        try {
            URI uri = new URI(text);
            String path = uri.getPath();
            if (uri.getHost() == null || path == null || !path.endsWith(ModelFile.EXTENSION)) {
                throw new HubException("'" + text + "' is no address of a model: it must end with .gguf");
            }
            return new OfAddress(uri);
        } catch (URISyntaxException e) {
            throw new HubException("'" + text + "' is no address: " + e.getReason(), e);
        }
    }

    /** @throws HubException when it is no repository's name */
    static OfRepository repository(String text) {
        int colon = text.indexOf(':');
        Optional<String> tag = colon < 0 ? Optional.empty() : Optional.of(text.substring(colon + 1));
        if (tag.isPresent() && !tag.get().matches("[A-Za-z0-9_.-]+")) {
            throw new HubException("'" + text + "': behind the colon stands a quantization such as Q8_0");
        }
        return new OfRepository(
                RepositoryName.parse(colon < 0 ? text : text.substring(0, colon)), tag, Optional.empty(), NEWEST);
    }
}
