package dev.corral.server.http;

/**
 * What the log has of a request, as a line for people and as fields for programs.
 *
 * @param millis from the head of the request to the end of its answer
 */
public record AccessLine(String method, String path, int status, long bytes, long millis, String id) {

    @Override
    public String toString() {
        return method + " " + path + " " + status + " " + bytes + "B " + millis + "ms " + id;
    }
}
