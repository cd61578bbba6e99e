# shellcheck shell=bash
# All that differs by operating system: where JDKs live, what packages are called, who installs them.

case "$(uname -s)" in
    Darwin) PLATFORM=macos ;;
    Linux) if command -v apt-get >/dev/null 2>&1; then PLATFORM=debian; else PLATFORM=linux; fi ;;
    *) PLATFORM=other ;;
esac

# Folders that may be a JDK's home, likeliest first, one a line.
platform_jdks() {
    local home
    case "$PLATFORM" in
        macos)
            for home in /Library/Java/JavaVirtualMachines/*/Contents/Home \
                "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
                /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
                /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
                [ -x "$home/bin/java" ] && printf '%s\n' "$home"
            done
            ;;
        *)
            for home in /usr/lib/jvm/*25* /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/*25* "$HOME"/.jdks/*25* /opt/*jdk*25*; do
                [ -x "$home/bin/java" ] && printf '%s\n' "$home"
            done
            ;;
    esac
    return 0
}

# The commands that may start a browser of Chromium's kind, likeliest first, one a line.
platform_browsers() {
    printf '%s\n' chromium chromium-browser google-chrome google-chrome-stable \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
        /Applications/Chromium.app/Contents/MacOS/Chromium
}

# The package that brings a command, in this platform's package manager.
platform_package() {
    case "$PLATFORM:$1" in
        debian:jdk) echo openjdk-25-jdk-headless ;;
        debian:mvn) echo maven ;;
        debian:c++) echo g++ ;;
        debian:cmake) echo cmake ;;
        debian:ninja) echo ninja-build ;;
        debian:npm) echo npm ;;
        debian:browser) echo chromium ;;
        debian:pip) echo python3-pip ;;
        debian:venv) echo python3-venv ;;
        macos:jdk) echo openjdk@25 ;;
        macos:mvn) echo maven ;;
        macos:npm) echo node ;;
        macos:browser) echo google-chrome ;;
        macos:python3 | macos:pip | macos:venv) echo python ;;
        macos:c++) echo xcode-select ;;
        *) echo "$1" ;;
    esac
}

platform_offers() {
    case "$PLATFORM" in
        debian)
            case "$(apt-cache policy "$1" 2>/dev/null)" in
                *"Candidate: (none)"* | "") return 1 ;;
            esac
            ;;
        *) return 0 ;;
    esac
}

# The one command that installs packages, for a person to run.
platform_install_command() {
    local package tools='' brewed=''
    case "$PLATFORM" in
        debian) echo "sudo apt-get install -y $*" ;;
        macos)
            for package in "$@"; do
                if [ "$package" = xcode-select ]; then tools='xcode-select --install'; else brewed="$brewed $package"; fi
            done
            if [ -n "$brewed" ]; then brewed="brew install$brewed"; fi
            echo "$tools${tools:+${brewed:+ && }}$brewed"
            ;;
        *) echo "install with your package manager: $*" ;;
    esac
}

# Installs packages where that needs no question to the person; returns 1 where it does.
platform_install() {
    local as_root=''
    [ "$PLATFORM" = debian ] || return 1
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as_root='sudo -n'
    fi
    # shellcheck disable=SC2086 # as_root is a command and its flag, or nothing
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

# Reads the package lists afresh, once a run; quiet where that is not allowed.
platform_refresh() {
    [ "$PLATFORM" = debian ] && [ -z "${PLATFORM_REFRESHED:-}" ] || return 0
    PLATFORM_REFRESHED=1
    if [ "$(id -u)" -eq 0 ]; then
        apt-get update -q >&2 || note "apt-get update failed; going on with the lists of this machine"
    elif sudo -n true 2>/dev/null; then
        sudo -n apt-get update -q >&2 || note "apt-get update failed; going on with the lists of this machine"
    fi
}

platform_sha256() {
    if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}
