package dev.corral.server.worker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Objects;

/**
 * Where a worker meets its front, and how each knows the other: a folder that nobody else may enter, made for this one
 * meeting, and a secret. It travels through the worker's standard input before the folder exists, so that whichever of the
 * two outlives the other can clean up.
 */
record Invitation(Path folder, byte[] token) {

    static final int TOKEN_BYTES = 32;

    private static final int NAME_BYTES = 12;
    private static final int LONGEST_PATH = 100;
    private static final String COME = "come";
    private static final SecureRandom RANDOM = new SecureRandom();

    static Invitation create() {
        byte[] token = new byte[TOKEN_BYTES];
        RANDOM.nextBytes(token);
        byte[] name = new byte[NAME_BYTES];
        RANDOM.nextBytes(name);
        String folder = "corral-" + HexFormat.of().formatHex(name);
        Invitation usual =
                new Invitation(Path.of(Objects.requireNonNull(System.getProperty("java.io.tmpdir")), folder), token);
        // a socket's path has about 104 bytes at most
        return usual.socket().toString().length() <= LONGEST_PATH
                ? usual
                : new Invitation(Path.of("/tmp", folder), token);
    }

    Path socket() {
        return folder.resolve("s");
    }

    void writeTo(Writer worker) throws IOException {
        worker.write(folder + "\n" + HexFormat.of().formatHex(token) + "\n");
        worker.flush();
    }

    /** Says that the front is there. */
    static void call(Writer worker) throws IOException {
        worker.write(COME + "\n");
        worker.flush();
    }

    /** @throws IOException when the front has gone */
    static Invitation read(BufferedReader front) throws IOException {
        return new Invitation(Path.of(line(front)), HexFormat.of().parseHex(line(front)));
    }

    /** @throws IOException when the front has gone */
    static void awaitCall(BufferedReader front) throws IOException {
        if (!line(front).equals(COME)) {
            throw new IOException("not called by a front");
        }
    }

    private static String line(BufferedReader front) throws IOException {
        String line = front.readLine();
        if (line == null) {
            throw new IOException("the front has gone");
        }
        return line;
    }

    /** Leaves nothing of the meeting. */
    void cleanUp() throws IOException {
        Files.deleteIfExists(socket());
        Files.deleteIfExists(folder);
    }
}
