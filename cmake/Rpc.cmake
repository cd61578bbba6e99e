# ggml's RPC backend, for a model that is spread over several machines: libggml-rpc, which is loaded only when a server is told
# to use others (--rpc), and ggml-rpc-server, the program that runs on them. Built here rather than by GGML_RPC, which would
# link it into every process.

set(RPC_SOURCE "${LLAMA_SOURCE}/ggml/src/ggml-rpc")

add_library(ggml-rpc MODULE "${RPC_SOURCE}/ggml-rpc.cpp" "${RPC_SOURCE}/transport.cpp")
target_include_directories(ggml-rpc SYSTEM PRIVATE "${LLAMA_SOURCE}/ggml/src")
target_compile_definitions(ggml-rpc PRIVATE GGML_BACKEND_DL GGML_BACKEND_BUILD GGML_BACKEND_SHARED)
target_compile_features(ggml-rpc PRIVATE cxx_std_17)
target_link_libraries(ggml-rpc PRIVATE ggml-base)
corral_place_library(ggml-rpc)

# It looks for backends beside itself, so it lies with the libraries.
add_executable(ggml-rpc-server "${LLAMA_SOURCE}/tools/rpc/rpc-server.cpp")
target_compile_features(ggml-rpc-server PRIVATE cxx_std_17)
target_link_libraries(ggml-rpc-server PRIVATE ggml)
add_dependencies(ggml-rpc-server ggml-rpc)
set_target_properties(ggml-rpc-server PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CORRAL_LIB}"
    BUILD_WITH_INSTALL_RPATH ON
    INSTALL_RPATH "${CORRAL_ORIGIN}")
