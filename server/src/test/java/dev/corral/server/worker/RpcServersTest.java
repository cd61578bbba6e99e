package dev.corral.server.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generation;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.engine.local.options.RpcServer;
import dev.corral.server.Conditions;
import dev.corral.testing.TinyModels;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that is spread over two ggml-rpc-servers, and the death of one. */
class RpcServersTest {

    private static final Path PROGRAM = Path.of(System.getProperty("corral.native.dir"), "ggml-rpc-server");

    @TempDir
    private Path folder;

    /** One such process on loopback. */
    private record Remote(Process process, Path log, int port) implements AutoCloseable {

        static Remote start(Path folder, int port) throws Exception {
            Path log = folder.resolve("rpc-" + port + ".log");
            Process process = new ProcessBuilder(
                            PROGRAM.toString(), "--host", "127.0.0.1", "--port", Integer.toString(port), "-t", "1")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            Conditions.await("the RPC server listens", () -> {
                if (!process.isAlive()) {
                    throw new AssertionError(Files.readString(log));
                }
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                    return true;
                } catch (IOException e) {
                    return false;
                }
            });
            return new Remote(process, log, port);
        }

        RpcServer address() {
            return new RpcServer("127.0.0.1", port);
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private static String text(Generation generation) throws InterruptedException {
        StringBuilder text = new StringBuilder();
        while (!generation.ended()) {
            switch (generation.next()) {
                case Event.Delta delta -> text.append(delta.text());
                case Event.Failed failed -> throw new EngineException(failed.error());
                default -> {}
            }
        }
        return text.toString();
    }

    private LocalEngineOptions over(Path model, Remote... remotes) {
        return TinyModel.options(model)
                .name("spread")
                .gpuLayers(-1)
                .rpcServers(List.of(remotes).stream().map(Remote::address).toList())
                .build();
    }

    @BeforeEach
    void requireProgram() {
        assumeTrue(Files.isExecutable(PROGRAM), "the native code was built without RPC");
    }

    @Test
    void theyComputeWhatOneMachineWouldAndOneMayDie() throws Exception {
        Path model = TinyModels.llama(folder);
        String alone;
        try (LocalEngine engine = LocalEngine.open(TinyModel.options(model).build(), _ -> {})) {
            alone = text(engine.submit(TinyModel.greedy("one two", 24)));
        }
        int port = freePort();
        try (Remote first = Remote.start(folder, freePort());
                Remote second = Remote.start(folder, port);
                WorkerEngine engine = WorkerEngine.open(over(model, first, second), _ -> {})) {
            assertThat(text(engine.submit(TinyModel.greedy("one two", 24)))).isEqualTo(alone);
            long pid = engine.pid();

            second.kill();
            assertThatThrownBy(() -> text(engine.submit(TinyModel.greedy("three", 24))))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.error()).isInstanceOf(EngineError.EngineDied.class));
            assertThat(engine.ready()).isFalse();
            assertThatThrownBy(() -> engine.submit(TinyModel.greedy("four", 24)))
                    .isInstanceOfSatisfying(
                            EngineException.class,
                            e -> assertThat(e.error()).isInstanceOf(EngineError.Restarting.class));

            try (Remote again = Remote.start(folder, port)) {
                Conditions.await("the model is spread again", engine::ready);
                assertThat(engine.pid()).isNotEqualTo(pid);
                assertThat(text(engine.submit(TinyModel.greedy("one two", 24)))).isEqualTo(alone);
                assertThat(again.process().isAlive()).isTrue();
            }
        }
    }

    @Test
    void anAddressIsAHostAndAPort() {
        assertThat(RpcServer.of("10.0.0.2:50052")).isEqualTo(new RpcServer("10.0.0.2", 50052));
        for (String wrong :
                new String[] {"10.0.0.2", ":50052", "10.0.0.2:", "10.0.0.2:0", "10.0.0.2:65536", "::1:50052"}) {
            assertThatThrownBy(() -> RpcServer.of(wrong)).as(wrong).isInstanceOf(InvalidRequestException.class);
        }
    }

    @Test
    void oneThatDoesNotAnswerIsNamed() throws Exception {
        Path model = TinyModels.llama(folder);
        RpcServer nobody = new RpcServer("127.0.0.1", freePort());
        LocalEngineOptions options =
                TinyModel.options(model).rpcServers(List.of(nobody)).build();
        assertThatThrownBy(() -> WorkerEngine.open(options, _ -> {}).close())
                .hasMessageContaining("the RPC server " + nobody + " does not answer");
    }
}
