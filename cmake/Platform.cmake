# What differs between Linux and macOS. Nothing else in the build asks for the platform.

if(APPLE)
    set(CORRAL_ORIGIN "@loader_path")
    set(CORRAL_LINK_OPTIONS "")
else()
    set(CORRAL_ORIGIN "$ORIGIN")
    # Java looks llama.cpp's functions up in libcorral, which must therefore need libraries that it does not call.
    set(CORRAL_LINK_OPTIONS "LINKER:--no-as-needed" "LINKER:-z,defs")
endif()
