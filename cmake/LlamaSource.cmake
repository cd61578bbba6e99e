# Sets LLAMA_SOURCE to the source of llama.cpp: LLAMA_CPP_DIR, or the pinned release.
#
# The release comes from the npm package node-llama-cpp, which carries llama.cpp's source as a git bundle. Both are
# verified. This happens once: the folder appears, complete, as the last step.

set(LLAMA_RELEASE "0.5.0")
set(NPM_PACKAGE "node-llama-cpp@3.22.1")
set(NPM_PACKAGE_SHA512 "6e5b488a9b9699cd76dc7eed30880318a4ac4ab866865418795502e3c5d38d55bb5c624988927209d95333343f2e25a83e4183a5c2f816f883a60c3ba9f4e20f")
set(LLAMA_BUNDLE "package/llama/gitRelease.bundle")
set(LLAMA_BUNDLE_SHA256 "5f5d1105d5df040738d87b8290e5d17e7362131cdcfdb0831618e0ea528b4a51")

set(LLAMA_PINNED_DIR "${CMAKE_BINARY_DIR}/llama.cpp" CACHE PATH "Where the pinned release is, or is unpacked to")

function(corral_require_program variable name reason)
    find_program(${variable} ${name})
    if(NOT ${variable})
        message(FATAL_ERROR "${name} is missing; it is needed ${reason}.\n"
                            "Install it, or pass -DLLAMA_CPP_DIR=<a checkout of llama.cpp ${LLAMA_RELEASE}>.")
    endif()
endfunction()

function(corral_require_checksum file algorithm expected)
    file(${algorithm} "${file}" actual)
    if(NOT actual STREQUAL expected)
        message(FATAL_ERROR "${file} is not what was pinned.\n"
                            "${algorithm} expected: ${expected}\n${algorithm} found:    ${actual}")
    endif()
endfunction()

function(corral_run description)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "Cannot ${description}:\n${output}")
    endif()
endfunction()

function(corral_obtain_llama_source destination)
    corral_require_program(NPM npm "to download ${NPM_PACKAGE}, which holds llama.cpp's source")
    corral_require_program(GIT git "to unpack llama.cpp's source")

    set(work "${CMAKE_BINARY_DIR}/llama.cpp-download")
    file(REMOVE_RECURSE "${work}")
    file(MAKE_DIRECTORY "${work}")

    message(STATUS "Downloading ${NPM_PACKAGE} (35 MB)")
    corral_run("download ${NPM_PACKAGE}"
        ${CMAKE_COMMAND} -E chdir "${work}" "${NPM}" pack --ignore-scripts --loglevel=error "${NPM_PACKAGE}")
    file(GLOB archive "${work}/*.tgz")
    corral_require_checksum("${archive}" SHA512 "${NPM_PACKAGE_SHA512}")

    message(STATUS "Unpacking llama.cpp ${LLAMA_RELEASE}")
    file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${work}" PATTERNS "${LLAMA_BUNDLE}")
    corral_require_checksum("${work}/${LLAMA_BUNDLE}" SHA256 "${LLAMA_BUNDLE_SHA256}")
    corral_run("clone ${work}/${LLAMA_BUNDLE}"
        "${GIT}" -c advice.detachedHead=false clone --quiet "${work}/${LLAMA_BUNDLE}" "${work}/llama.cpp")

    file(RENAME "${work}/llama.cpp" "${destination}")
    file(REMOVE_RECURSE "${work}")
endfunction()

if(LLAMA_CPP_DIR)
    set(LLAMA_SOURCE "${LLAMA_CPP_DIR}")
    if(NOT EXISTS "${LLAMA_SOURCE}/include/llama.h")
        message(FATAL_ERROR "LLAMA_CPP_DIR=${LLAMA_CPP_DIR} holds no include/llama.h: it is no checkout of llama.cpp.")
    endif()
else()
    set(LLAMA_SOURCE "${LLAMA_PINNED_DIR}")
    if(NOT EXISTS "${LLAMA_SOURCE}")
        corral_obtain_llama_source("${LLAMA_SOURCE}")
    endif()
    set(LLAMA_BUILD_IS_DEV OFF)
endif()
