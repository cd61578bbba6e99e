# shellcheck shell=bash
# Finds what a build needs, installs what is missing where that takes no question, and says clearly what to do otherwise.
# Part of common.sh.

JDK_VERSION=25

java_major() {
    "$1/bin/java" -version 2>&1 | sed -n -e 's/.* version "\([0-9]*\).*/\1/p' | head -n 1
}

is_wanted_jdk() {
    local major
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    major="$(java_major "$1")"
    [ -n "$major" ] && [ "$major" -ge "$JDK_VERSION" ]
}

# Prints the home of a JDK 25 or later, or returns 1.
find_jdk() {
    local home
    for home in "${CORRAL_JAVA_HOME:-}" "${JAVA_HOME:-}"; do
        if [ -n "$home" ] && is_wanted_jdk "$home"; then
            printf '%s\n' "$home"
            return 0
        fi
    done
    while IFS= read -r home; do
        if is_wanted_jdk "$home"; then
            printf '%s\n' "$home"
            return 0
        fi
    done <<EOF
$(platform_jdks)
EOF
    if have javac; then
        home="$(javac -J-XshowSettings:properties -version 2>&1 | sed -n -e 's/^ *java\.home = //p')"
        if [ -n "$home" ] && is_wanted_jdk "$home"; then
            printf '%s\n' "$home"
            return 0
        fi
    fi
    return 1
}

# Sets and exports JAVA_HOME.
require_jdk() {
    local package
    if [ -n "${CORRAL_JAVA_HOME:-}" ] && ! is_wanted_jdk "$CORRAL_JAVA_HOME"; then
        fail "CORRAL_JAVA_HOME=$CORRAL_JAVA_HOME is no JDK $JDK_VERSION or later."
    fi
    if ! JAVA_HOME="$(find_jdk)"; then
        package="$(platform_package jdk)"
        platform_refresh
        if platform_offers "$package"; then
            say "JDK $JDK_VERSION is missing: installing $package"
            platform_install "$package" || fail "JDK $JDK_VERSION is missing. Install it with:" \
                "$(platform_install_command "$package")"
        fi
        JAVA_HOME="$(find_jdk)" || fail "JDK $JDK_VERSION is missing, and this system's packages don't offer one." \
            "Get one, for instance Eclipse Temurin (https://adoptium.net), unpack it, and set JAVA_HOME to its folder." \
            "Looked in CORRAL_JAVA_HOME, JAVA_HOME, the usual folders (/usr/lib/jvm and the like) and PATH."
    fi
    export JAVA_HOME
}

is_present() {
    case "$1" in
        pip) python3 -m pip --version >/dev/null 2>&1 ;;
        venv) python3 -c 'import ensurepip, venv' >/dev/null 2>&1 ;;
        c++) have "${CXX:-c++}" ;;
        browser) find_browser >/dev/null ;;
        *) have "$1" ;;
    esac
}

# Prints the path of a browser for tests, or returns 1.
find_browser() {
    local browser
    while IFS= read -r browser; do
        if [ -n "$browser" ] && command -v "$browser"; then return 0; fi
    done <<EOF
${CORRAL_BROWSER:-}
$(platform_browsers)
EOF
    return 1
}

# require_tools TOOL…: each is a command, or pip or venv or browser.
require_tools() {
    local tool missing='' packages=''
    for tool in "$@"; do
        if ! is_present "$tool"; then
            missing="$missing $tool"
            packages="$packages $(platform_package "$tool")"
        fi
    done
    [ -n "$missing" ] || return 0

    say "missing:$missing"
    platform_refresh
    # shellcheck disable=SC2086 # a list of package names
    if platform_install $packages; then
        for tool in $missing; do
            is_present "$tool" || fail "$tool is still missing after installing$packages."
        done
    else
        fail "Install what is missing, then start again:" "$(platform_install_command $packages)"
    fi
}

# What scripts/build-native needs: ninja or make will do.
require_native_tools() {
    local builder="ninja"
    if have make && ! have ninja; then builder="make"; fi
    require_tools cmake "$builder" c++ git npm
}

require_java_tools() {
    require_jdk
    require_tools mvn
}
