package dev.corral.server.worker;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.util.Arrays;

/** The first bytes on a connection: the worker's secret and its build's digest, then one byte of the front's. */
final class Greeting {

    private static final int DIGEST_BYTES = 32;
    private static final byte WELCOME = 1;

    /** What a front makes of a greeting. */
    enum Outcome {
        WELCOME,
        STRANGER,
        OTHER_BUILD
    }

    private Greeting() {}

    /** The worker's part. Returns once the front has welcomed it. */
    static void send(SocketChannel channel, byte[] token) throws IOException {
        ByteBuffer greeting = ByteBuffer.allocate(Invitation.TOKEN_BYTES + DIGEST_BYTES)
                .put(token)
                .put(Messages.digest())
                .flip();
        while (greeting.hasRemaining()) {
            channel.write(greeting);
        }
        if (read(channel, 1)[0] != WELCOME) {
            throw new IOException("not welcome");
        }
    }

    /** The front's part, up to the welcome. */
    static Outcome receive(SocketChannel channel, byte[] token) throws IOException {
        byte[] greeting = read(channel, Invitation.TOKEN_BYTES + DIGEST_BYTES);
        if (!MessageDigest.isEqual(token, Arrays.copyOf(greeting, Invitation.TOKEN_BYTES))) {
            return Outcome.STRANGER;
        }
        byte[] digest = Arrays.copyOfRange(greeting, Invitation.TOKEN_BYTES, greeting.length);
        return MessageDigest.isEqual(Messages.digest(), digest) ? Outcome.WELCOME : Outcome.OTHER_BUILD;
    }

    static void welcome(SocketChannel channel) throws IOException {
        channel.write(ByteBuffer.wrap(new byte[] {WELCOME}));
    }

    private static byte[] read(SocketChannel channel, int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes) < 0) {
                throw new EOFException("the other end has gone");
            }
        }
        return bytes.array();
    }
}
