package dev.corral.bench.load;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A request as it goes over the wire, written once and sent as often as wanted. */
public final class HttpRequest {

    private final byte[] bytes;

    private HttpRequest(byte[] bytes) {
        this.bytes = bytes;
    }

    static HttpRequest get(int port, String path) {
        return of("GET " + path, port, "", new byte[0]);
    }

    /** @param headers besides those that every request has */
    static HttpRequest post(int port, String path, Map<String, String> headers, byte[] json) {
        StringBuilder more = new StringBuilder("Content-Type: application/json\r\nContent-Length: ")
                .append(json.length)
                .append("\r\n");
        headers.forEach(
                (name, value) -> more.append(name).append(": ").append(value).append("\r\n"));
        return of("POST " + path, port, more.toString(), json);
    }

    private static HttpRequest of(String line, int port, String headers, byte[] body) {
        String head = line + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n" + headers + "\r\n";
        ByteArrayOutputStream all = new ByteArrayOutputStream(head.length() + body.length);
        all.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
        all.writeBytes(body);
        return new HttpRequest(all.toByteArray());
    }

    byte[] bytes() {
        return bytes;
    }
}
