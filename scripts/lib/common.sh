# shellcheck shell=bash
# What every script shares: the folders, how scripts speak, and, from the files it reads in, platform and prerequisites.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
LIB="$ROOT/scripts/lib"
BUILD="$ROOT/build"
NATIVE_LIBS="$BUILD/native/lib"
CORRAL_CACHE="${CORRAL_CACHE:-$HOME/.cache/corral}"
SERVER_JAR="$ROOT/server/target/corral-server.jar"
SERVER_LIBRARIES="$ROOT/server/target/lib"
STARTUP_CACHE="$ROOT/server/target/corral-server.aot"
WORKER_CACHE="$ROOT/server/target/corral-worker.aot"
export ROOT LIB BUILD NATIVE_LIBS CORRAL_CACHE SERVER_JAR SERVER_LIBRARIES STARTUP_CACHE WORKER_CACHE

# All talk goes to stderr: stdout is for what a script answers.
if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    BOLD=$'\033[1m' RED=$'\033[31m' PLAIN=$'\033[0m'
else
    BOLD='' RED='' PLAIN=''
fi

say() {
    printf '%s%s%s\n' "$BOLD" "$*" "$PLAIN" >&2
}

note() {
    printf '  %s\n' "$*" >&2
}

fail() {
    printf '%s%s%s\n' "$RED" "$1" "$PLAIN" >&2
    shift
    for line in "$@"; do note "$line"; done
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The comment block at the top of the calling script is its help text.
print_help() {
    sed -n -e '1d' -e '/^#/!q' -e 's/^# \{0,1\}//p' "$0"
}

# is_current STAMP SOURCE…: nothing below the sources is newer than the stamp. Folders count too: one is newer when a file
# in it was removed.
is_current() {
    local stamp="$1"
    shift
    [ -f "$stamp" ] && [ -z "$(find "$@" -newer "$stamp" 2>/dev/null)" ]
}

# True when one of the arguments after the first is the first, or starts with it and "=".
has_argument() {
    local wanted="$1" argument
    shift
    for argument in "$@"; do
        case "$argument" in
            "$wanted" | "$wanted"=*) return 0 ;;
        esac
    done
    return 1
}

. "$LIB/platform.sh"
. "$LIB/prerequisites.sh"
