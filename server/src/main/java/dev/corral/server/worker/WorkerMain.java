package dev.corral.server.worker;

import dev.corral.engine.local.LocalEngine;
import dev.corral.server.worker.wire.FrameReader;
import dev.corral.server.worker.wire.Outbox;
import dev.corral.server.worker.wire.WireInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The worker: meets the front that started it, does what it says, and ends when the connection does. Not for people.
 *
 * <p>Exit codes: 0 when it ended as told or because the front did, 1 when it never met a front, 2 after a fault of its own.
 */
public final class WorkerMain {

    static final int AS_TOLD = 0;
    static final int NO_FRONT = 1;
    static final int FAULT = 2;

    private WorkerMain() {}

    public static void main(String[] args) {
        run(UnaryOperator.identity());
    }

    /** @param before made of what obeys a command, and obeys it instead */
    static void run(UnaryOperator<Consumer<Command>> before) {
        ignoreSignals();
        Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> endWith(fault));
        Thread.ofPlatform().daemon().name("corral-native").start(LocalEngine::prepare);
        try (SocketChannel channel = meet()) {
            work(channel, before);
        } catch (IOException e) {
            Runtime.getRuntime().halt(NO_FRONT);
        }
    }

    /** A console and a service manager send them to all processes at once; the front decides what they mean. */
    private static void ignoreSignals() {
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            Signal.handle(new Signal(name), SignalHandler.SIG_IGN);
        }
    }

    private static SocketChannel meet() throws IOException {
        BufferedReader front = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Invitation invitation = Invitation.read(front);
        try {
            Invitation.awaitCall(front);
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(invitation.socket()));
            Greeting.send(channel, invitation.token());
            return channel;
        } catch (IOException e) {
            invitation.cleanUp();
            throw e;
        }
    }

    private static void work(SocketChannel channel, UnaryOperator<Consumer<Command>> before) {
        try {
            Consumer<Command> host = before.apply(new EngineHost(new Outbox<>(channel, Messages.NOTICES))::obey);
            FrameReader reader = new FrameReader(channel);
            for (Optional<WireInput> frame = reader.next(); frame.isPresent(); frame = reader.next()) {
                WireInput messages = frame.get();
                while (messages.remaining() > 0) {
                    host.accept(Messages.COMMANDS.read(messages));
                }
            }
            Runtime.getRuntime().halt(AS_TOLD);
        } catch (IOException e) {
            Runtime.getRuntime().halt(AS_TOLD); // the front ended in the middle of something
        } catch (RuntimeException e) {
            endWith(e);
        }
    }

    /** A thread that is missing would leave requests without an end; another worker answers the next ones. */
    private static void endWith(Throwable fault) {
        System.getLogger(WorkerMain.class.getName()).log(System.Logger.Level.ERROR, "the worker can't go on", fault);
        Runtime.getRuntime().halt(FAULT);
    }
}
