# shellcheck shell=bash
# What a package is made of. Needs common.sh, java.sh and web.sh.

PORTABLE="$BUILD/portable"

# Modules of the JDK that the server, its libraries and an operator's jcmd need.
RUNTIME_MODULES=java.base,java.logging,java.management,java.net.http,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.unsupported

# linux-x86_64, linux-aarch64, macos-aarch64.
package_platform() {
    local system machine
    system="$(uname -s | tr '[:upper:]' '[:lower:]')"
    machine="$(uname -m)"
    case "$system" in darwin) system=macos ;; esac
    case "$machine" in amd64) machine=x86_64 ;; arm64) machine=aarch64 ;; esac
    printf '%s-%s\n' "$system" "$machine"
}

library_name() {
    if [ "$PLATFORM" = macos ]; then printf 'lib%s.dylib\n' "$1"; else printf 'lib%s.so\n' "$1"; fi
}

# The source that another build has unpacked is used again.
build_portable() {
    local pinned="$BUILD/native/llama.cpp"
    say "building the portable native code (the first time: ten minutes of two cores)"
    if [ -d "$pinned" ]; then set -- "-DLLAMA_PINNED_DIR=$pinned" "$@"; fi
    "$ROOT/scripts/build-native" --into "$PORTABLE" -DCORRAL_PORTABLE=ON "$@" >&2 || fail "The native code does not build."
}

build_java_with_sbom() {
    say "building the Java code"
    run_maven --quiet -Dmaven.test.skip=true -Psbom package >&2 || fail "The Java code does not build."
}

gather_program() {
    local folder="$1"
    mkdir -p "$folder/bin" "$folder/lib/lib" "$folder/systemd"
    cp "$ROOT/packaging/bin/corral" "$folder/bin/"
    cp "$SERVER_JAR" "$ROOT/server/jvm.options" "$folder/lib/"
    # what the jar's manifest names, and nothing that an earlier build left
    class_path "$SERVER_JAR" | while IFS= read -r jar; do cp "$ROOT/server/target/$jar" "$folder/lib/lib/"; done
    renew_class_files "$folder/lib/lib"
    cp "$ROOT/packaging/systemd/corral.service" "$folder/systemd/"
}

class_path() {
    python3 - "$1" <<'END'
import sys, zipfile

manifest = zipfile.ZipFile(sys.argv[1]).read("META-INF/MANIFEST.MF").decode().replace("\r\n ", "")
(path,) = [line for line in manifest.splitlines() if line.startswith("Class-Path: ")]
print("\n".join(path.removeprefix("Class-Path: ").split()))
END
}

# The libraries, and those of the compiler that another machine may lack or have older. Each finds the others beside itself.
gather_natives() {
    local from="$1" to="$2" file library
    mkdir -p "$to"
    for file in "$from"/*; do
        # of a library and the link with its ABI's number the one that the others ask for
        case "$file" in
            *.so) if [ -e "$file.0" ]; then continue; fi ;;
        esac
        cp -L "$file" "$to/"
    done
    [ "$PLATFORM" != macos ] || return 0
    for library in libstdc++.so.6 libgcc_s.so.1 libgomp.so.1; do
        if needs_library "$to" "$library"; then cp -L "$("${CXX:-c++}" -print-file-name="$library")" "$to/"; fi
    done
    chmod 644 "$to"/*.so*
    strip --strip-unneeded "$to"/*.so* "$to/ggml-rpc-server" 2>/dev/null || note "the libraries are not stripped"
}

needs_library() {
    for file in "$1"/*; do
        if objdump -p "$file" 2>/dev/null | grep -q "NEEDED *$2\$"; then return 0; fi
    done
    return 1
}

# The newest version of glibc that any of the libraries asks for.
glibc_floor() {
    { objdump -T "$1"/*.so* "$1"/ggml-rpc-server 2>/dev/null || true; } | sed -n -e 's/.*(\{0,1\}GLIBC_\([0-9.]*\))\{0,1\}.*/\1/p' | sort -u -V | tail -n 1
}

# natives_jar NATIVES JAR: the same libraries for the Java library's class path, with an index of their checksums.
natives_jar() {
    local work inside
    work="$(mktemp -d)"
    inside="$work/dev/corral/natives/$(package_platform)"
    mkdir -p "$inside"
    cp "$1"/*.so* "$1"/*.dylib "$inside/" 2>/dev/null || true
    (cd "$inside" && for file in *; do printf '%s  %s\n' "$(platform_sha256 "$file")" "$file"; done >../index && mv ../index .)
    "$JAVA_HOME/bin/jar" --create --file "$2" --date=2026-11-01T00:00:00Z -C "$work" dev
    rm -rf "$work"
}

gather_runtime() {
    "$JAVA_HOME/bin/jlink" --add-modules "$RUNTIME_MODULES" --strip-debug --no-header-files --no-man-pages --output "$1" >&2 ||
        fail "jlink could not make a runtime of $JAVA_HOME."
}

# Licences, the SBOM and the manual.
gather_papers() {
    local folder="$1" version="$2" document
    cp "$ROOT/LICENSE" "$ROOT/THIRD-PARTY.md" "$folder/"
    mkdir -p "$folder/licenses" "$folder/docs"
    cp "$ROOT"/docs/*.md "$folder/docs/"
    {
        printf 'Corral %s for %s' "$version" "$(package_platform)"
        if [ "$PLATFORM" != macos ]; then printf ', with glibc %s or later' "$(glibc_floor "$folder/native")"; fi
        printf '. Nothing needs to be installed.\n\n    bin/corral serve -m model.gguf\n    bin/corral --help\n\n'
        printf 'docs/packages.md says more.\n'
    } >"$folder/README.txt"
    for document in "$BUILD/native/llama.cpp" "$PORTABLE/llama.cpp"; do
        if [ -f "$document/LICENSE" ]; then cp "$document/LICENSE" "$folder/licenses/llama.cpp.txt"; fi
    done
    for document in /usr/share/doc/libstdc++6/copyright /usr/share/doc/libgomp1/copyright; do
        if [ -f "$document" ]; then cp "$document" "$folder/licenses/gcc-runtime-libraries.txt"; fi
    done
    python3 "$LIB/sbom.py" --version "$version" --maven "$ROOT/server/target/corral-server.cdx.json" --jars "$folder/lib/lib" \
        --npm "$WEB/package.json" "$WEB/package-lock.json" --native "$ROOT/cmake/LlamaSource.cmake" "$folder/native" \
        --java "$folder/runtime/release" --output "$folder/sbom.cdx.json"
}

# Quick starts are bound to the jars' times, in whole seconds, as archives keep them.
settle_times() {
    local when
    when="$(git -C "$ROOT" log -1 --format=%ct 2>/dev/null)" || when="$(date +%s)"
    find "$1" -exec touch -h -d "@$when" {} +
}
