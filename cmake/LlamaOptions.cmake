# llama.cpp's own options, where Corral's differ from its defaults. What is not named here keeps its default and can be
# given on the command line (GGML_NATIVE, GGML_OPENMP, CMAKE_CUDA_ARCHITECTURES, …).

set(BUILD_SHARED_LIBS ON)
set(LLAMA_BUILD_COMMON ON) # chat templates, JSON schema to grammar
set(LLAMA_BUILD_MTMD ON)   # images
set(LLAMA_BUILD_TOOLS ${CORRAL_PEER})
set(LLAMA_BUILD_SERVER ${CORRAL_PEER})
set(LLAMA_BUILD_UI OFF)
set(LLAMA_USE_PREBUILT_UI OFF)
set(LLAMA_OPENSSL OFF)    # downloads are Corral's, not llama.cpp's
set(LLAMA_SUBPROCESS OFF) # nothing in this process starts another
set(MTMD_VIDEO OFF)       # it would, for ffmpeg

set(GGML_CUDA ${CORRAL_CUDA})
set(GGML_METAL ${CORRAL_METAL})
set(GGML_METAL_EMBED_LIBRARY ON)
set(GGML_RPC OFF) # cmake/Rpc.cmake

if(CORRAL_PORTABLE)
    set(GGML_NATIVE OFF)
    set(GGML_BACKEND_DL ON)
    set(GGML_CPU_ALL_VARIANTS ON)
endif()

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
    set(CMAKE_CUDA_COMPILER_LAUNCHER "${CCACHE}")
endif()
set(GGML_CCACHE OFF) # done above, for all of the code
