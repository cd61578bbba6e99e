# shellcheck shell=bash
# Builds the chat page when it has changed. Needs common.sh.

WEB="$ROOT/webapp"
WEB_STAMP="$BUILD/web.stamp"
WEB_PACKAGES="$WEB/node_modules/.package-lock.json"
NODE_VERSION=18

web_is_built() {
    [ -f "$BUILD/webapp/index.html" ] && is_current "$WEB_STAMP" "$WEB/package.json" "$WEB/package-lock.json" \
        "$WEB/index.html" "$WEB/vite.config.ts" "$WEB/svelte.config.js" "$WEB/build" "$WEB/public" "$WEB/src"
}

has_wanted_node() {
    have node && node -e "process.exit(Number(process.versions.node.split('.')[0]) >= $NODE_VERSION ? 0 : 1)"
}

# What package-lock.json names, by its checksums; or, where it lacks what is optional on another kind of machine, what package.json
# names.
install_web_packages() {
    if is_current "$WEB_PACKAGES" "$WEB/package-lock.json"; then return 0; fi
    require_tools npm
    has_wanted_node || {
        note "the chat page needs Node.js $NODE_VERSION or later, and this is $(node --version 2>/dev/null || echo none)"
        return 1
    }
    say "getting what the chat page is built with"
    (cd "$WEB" && { npm ci --no-audit --no-fund --loglevel=silent >&2 ||
        npm install --no-package-lock --no-audit --no-fund --loglevel=error >&2; }) && touch "$WEB_PACKAGES"
}

# Returns 1 where the page can't be built: the server does without it, and says so at /.
build_web() {
    if web_is_built; then return 0; fi
    install_web_packages || return 1
    say "building the chat page"
    mkdir -p "$BUILD"
    touch "$WEB_STAMP.$$"
    (cd "$WEB" && npm run --silent build -- --logLevel warn >&2) || {
        rm -f "$WEB_STAMP.$$"
        return 1
    }
    rm -rf "$ROOT/server/target/classes/dev/corral/server/page/built"
    mv "$WEB_STAMP.$$" "$WEB_STAMP"
}
