package dev.corral.server.hub;

import java.net.URI;
import java.util.Optional;

/**
 * A file that can be downloaded.
 *
 * @param path what it is called where it is kept, with slashes; never leads out of a folder
 * @param size in bytes; negative where it is not known beforehand
 * @param sha256 of its content, in lower-case hexadecimal digits; empty where nobody says
 */
record RemoteFile(String path, URI address, long size, Optional<String> sha256) {

    RemoteFile {
        if (path.isEmpty() || path.startsWith("/") || path.contains("\\") || path.contains("\0")) {
            throw new HubException("a file with the name '" + path + "' is not kept");
        }
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw new HubException("a file with the name '" + path + "' is not kept");
            }
        }
    }
}
