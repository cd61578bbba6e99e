package dev.corral.server.hub;

import java.net.URI;
import java.util.Optional;

/**
 * Which hub, and as whom.
 *
 * @param endpoint its address, as {@code HF_ENDPOINT} has it
 * @param token what it knows the person by; told to nobody else
 */
public record HubSettings(URI endpoint, Optional<String> token) {

    /** The hub that is meant where nobody names one. */
    public static final String USUAL_ENDPOINT = "https://huggingface.co";

    public HubSettings {
        token = token.map(String::strip).filter(text -> !text.isEmpty());
        if (endpoint.getHost() == null) {
            throw new HubException("'" + endpoint + "' is no address of a hub");
        }
        if (token.filter(text -> text.chars().anyMatch(c -> c <= ' ' || c > '~'))
                .isPresent()) {
            throw new HubException("the hub's token has a character that no token has");
        }
    }

    /** Never shows the token. */
    @Override
    public String toString() {
        return endpoint.toString();
    }

    /** Whether somebody who writes this before a repository's name means this hub: its host, or what Ollama calls the usual one. */
    public boolean isCalled(String host) {
        return host.equalsIgnoreCase(endpoint.getHost())
                || host.equalsIgnoreCase(endpoint.getAuthority())
                || host.equals("hf.co")
                || host.equals(URI.create(USUAL_ENDPOINT).getHost());
    }

    URI at(String path) {
        String base = endpoint.toString();
        return URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
    }
}
