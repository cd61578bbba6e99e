package dev.corral.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Calls a server byte by byte, for what no HTTP client would send and for what it would hide. */
public final class RawClient implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    public RawClient(URI address) throws IOException {
        socket = new Socket(address.getHost(), address.getPort());
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    public RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        return this;
    }

    public RawClient post(String path, String body) throws IOException {
        return send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
    }

    /** Reads up to and with the given text. */
    public String readTo(String end) throws IOException {
        byte[] wanted = end.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < wanted.length) {
            int next = in.read();
            if (next < 0) {
                throw new AssertionError("ended after: " + read.toString(StandardCharsets.UTF_8));
            }
            read.write(next);
            matched = next == wanted[matched] ? matched + 1 : next == wanted[0] ? 1 : 0;
        }
        return read.toString(StandardCharsets.UTF_8);
    }

    /** Reads one chunk of a chunked body; empty for the last one. */
    public String readChunk() throws IOException {
        int length = Integer.parseInt(readTo("\r\n").strip(), 16);
        byte[] chunk = in.readNBytes(length);
        readTo("\r\n");
        return new String(chunk, StandardCharsets.UTF_8);
    }

    /** Reads one response with a Content-Length: head and body. */
    public String readResponse() throws IOException {
        String head = readTo("\r\n\r\n");
        String length = head.lines()
                .filter(line -> line.regionMatches(true, 0, "Content-Length:", 0, 15))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no length: " + head))
                .substring(15)
                .strip();
        return head + new String(in.readNBytes(Integer.parseInt(length)), StandardCharsets.UTF_8);
    }

    /** Everything up to the end of the connection. */
    public String readToEnd() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Reads until the server has closed the connection, in whatever way. */
    public void awaitEnd() throws IOException {
        try {
            in.readAllBytes();
        } catch (SocketException e) {
            // reset, which is an end, too; a timeout is another exception
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
