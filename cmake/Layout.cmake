# Where built files land, and how they find one another: libraries in <build>/lib, programs in <build>/bin.

set(CORRAL_LIB "${CMAKE_BINARY_DIR}/lib")
set(CORRAL_BIN "${CMAKE_BINARY_DIR}/bin")

function(corral_place_library target)
    set_target_properties(${target} PROPERTIES
        LIBRARY_OUTPUT_DIRECTORY "${CORRAL_LIB}"
        BUILD_WITH_INSTALL_RPATH ON
        INSTALL_RPATH "${CORRAL_ORIGIN}")
endfunction()

function(corral_place_program target)
    set_target_properties(${target} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${CORRAL_BIN}"
        LIBRARY_OUTPUT_DIRECTORY "${CORRAL_BIN}"
        BUILD_WITH_INSTALL_RPATH ON
        INSTALL_RPATH "${CORRAL_ORIGIN};${CORRAL_ORIGIN}/../lib")
endfunction()

# Libraries of llama.cpp's that libcorral needs, and those that ggml loads by itself. Without VERSION there is one file
# for each, named by its ABI version; a backend that is looked for by file name has no version at all.
function(corral_place_llama_library target)
    corral_place_library(${target})
    set_property(TARGET ${target} PROPERTY VERSION)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "MODULE_LIBRARY")
        set_property(TARGET ${target} PROPERTY SOVERSION)
    endif()
endfunction()

function(corral_place_targets_below directory)
    string(FIND "${directory}" "${LLAMA_SOURCE}/tools/" tools)
    get_property(targets DIRECTORY "${directory}" PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
        get_target_property(type ${target} TYPE)
        if(tools EQUAL 0 AND NOT target STREQUAL "mtmd")
            if(type MATCHES "^(EXECUTABLE|SHARED_LIBRARY)$")
                corral_place_program(${target})
            endif()
        elseif(type MATCHES "^(SHARED|MODULE)_LIBRARY$")
            corral_place_llama_library(${target})
        endif()
    endforeach()
    get_property(subdirectories DIRECTORY "${directory}" PROPERTY SUBDIRECTORIES)
    foreach(subdirectory IN LISTS subdirectories)
        corral_place_targets_below("${subdirectory}")
    endforeach()
endfunction()

corral_place_targets_below("${LLAMA_SOURCE}")
