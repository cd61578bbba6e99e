package dev.corral.server.hub;

import java.util.regex.Pattern;

/** A repository on the hub: {@code OWNER/NAME}. Both are safe as names of folders and in a URL. */
public record RepositoryName(String owner, String name) {

    private static final Pattern PART = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?");

    public RepositoryName {
        if (!isName(owner) || !isName(name)) {
            throw new HubException("'" + owner + "/" + name + "' is no repository: it must be OWNER/NAME");
        }
    }

    static RepositoryName parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new HubException("'" + text + "' is no repository: it must be OWNER/NAME or OWNER/NAME:QUANT");
        }
        return new RepositoryName(text.substring(0, slash), text.substring(slash + 1));
    }

    static boolean isName(String text) {
        return PART.matcher(text).matches() && !text.contains("..") && !text.contains("--");
    }

    @Override
    public String toString() {
        return owner + "/" + name;
    }
}
