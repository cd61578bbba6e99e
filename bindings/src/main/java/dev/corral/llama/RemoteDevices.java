package dev.corral.llama;

import dev.corral.ffi.Native;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * Devices of other machines, that models are spread over from then on. ggml ends the process when the connection to one is
 * lost: for a process that a model has to itself.
 */
public final class RemoteDevices {

    private RemoteDevices() {}

    /**
     * Adds those of a ggml-rpc-server of this version that answers there. Once for each address.
     *
     * @throws LlamaException (LIBRARY) where the library was built without the RPC backend, (FAILED) when the server has no
     *     device
     */
    public static void add(String host, int port) {
        Path file = NativeLibrary.load().file().resolveSibling(System.mapLibraryName("ggml-rpc"));
        if (!file.toFile().exists()) {
            throw new LlamaException(
                    LlamaException.Code.LIBRARY, "the native code was built without RPC: there is no " + file);
        }
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            error.check(Native.corral_rpc_add_server(
                    Utf8.terminated(arena, file.toString(), "the library's file"),
                    Utf8.terminated(arena, host + ":" + port, "the RPC server's address"),
                    error.segment()));
        }
    }
}
