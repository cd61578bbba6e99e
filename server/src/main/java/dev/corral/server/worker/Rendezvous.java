package dev.corral.server.worker;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The front's side of a meeting with a worker it has invited: a socket that is there until the worker has come.
 *
 * <p>Thread-safe: {@link #close} ends an {@link #await} of another thread.
 */
final class Rendezvous implements AutoCloseable {

    private final Invitation invitation;
    private final ServerSocketChannel listener;

    private Rendezvous(Invitation invitation, ServerSocketChannel listener) {
        this.invitation = invitation;
        this.listener = listener;
    }

    static Rendezvous open(Invitation invitation) throws IOException {
        Files.createDirectory(invitation.folder(), ownerOnly());
        try {
            ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            Rendezvous rendezvous = new Rendezvous(invitation, listener);
            try {
                listener.bind(UnixDomainSocketAddress.of(invitation.socket()), 1);
                return rendezvous;
            } catch (IOException e) {
                rendezvous.close();
                throw e;
            }
        } catch (IOException e) {
            invitation.cleanUp();
            throw e;
        }
    }

    private static FileAttribute<?>[] ownerOnly() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * Waits for the worker; whoever else comes is sent away. Nothing of the meeting is left when this returns.
     *
     * @throws IOException when the worker is of another build, or this was closed
     */
    SocketChannel await() throws IOException {
        while (true) {
            SocketChannel channel = listener.accept();
            switch (greeting(channel)) {
                case WELCOME -> {
                    close();
                    Greeting.welcome(channel);
                    return channel;
                }
                case STRANGER -> channel.close();
                case OTHER_BUILD -> {
                    channel.close();
                    throw new IOException("the worker is of another build; was the server updated while it runs?");
                }
            }
        }
    }

    private Greeting.Outcome greeting(SocketChannel channel) {
        try {
            return Greeting.receive(channel, invitation.token());
        } catch (IOException e) {
            return Greeting.Outcome.STRANGER;
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        invitation.cleanUp();
    }
}
