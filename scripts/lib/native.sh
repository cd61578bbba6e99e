# shellcheck shell=bash
# Builds the native code when it has changed. Needs common.sh.

NATIVE_STAMP="$BUILD/native.stamp"

native_is_built() {
    [ -d "$NATIVE_LIBS" ] && is_current "$NATIVE_STAMP" "$ROOT/CMakeLists.txt" "$ROOT/cmake" "$ROOT/native" \
        "$ROOT/scripts/build-native"
}

# build_native OPTION…: the options are scripts/build-native's; without any, nothing happens when nothing has changed.
build_native() {
    if [ $# -eq 0 ] && native_is_built; then return 0; fi
    require_native_tools
    mkdir -p "$BUILD"
    touch "$NATIVE_STAMP.new"
    if [ -d "$NATIVE_LIBS" ]; then
        say "building the native code"
    else
        say "building the native code (the first time, llama.cpp too: a few minutes)"
    fi
    "$ROOT/scripts/build-native" "$@" >&2 || fail "The native code does not build."
    mv "$NATIVE_STAMP.new" "$NATIVE_STAMP"
}
