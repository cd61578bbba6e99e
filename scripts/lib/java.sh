# shellcheck shell=bash
# Builds the Java code when it has changed. Needs common.sh.

JAVA_STAMP="$BUILD/java.stamp"

# Maven on JDK 25: its own libraries use what the JDK warns about.
run_maven() {
    MAVEN_OPTS="-Djansi.mode=strip --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" \
        mvn --batch-mode -Dstyle.color=never --no-transfer-progress --file "$ROOT/pom.xml" "$@"
}

java_is_built() {
    [ -f "$SERVER_JAR" ] && is_current "$JAVA_STAMP" "$ROOT/pom.xml" \
        "$ROOT/bindings/pom.xml" "$ROOT/bindings/src/main" "$ROOT/bindings/src/generated" \
        "$ROOT/server/pom.xml" "$ROOT/server/src/main" "$BUILD/web.stamp"
}

build_java() {
    if java_is_built; then return 0; fi
    require_tools mvn
    mkdir -p "$BUILD"
    touch "$JAVA_STAMP.$$"
    if [ -d "${HOME}/.m2/repository/io/helidon" ]; then
        say "building the Java code"
    else
        say "building the Java code (the first time, Maven downloads its libraries: a minute or two)"
    fi
    run_maven --quiet -Dmaven.test.skip=true package >&2 || fail "The Java code does not build."
    mv "$JAVA_STAMP.$$" "$JAVA_STAMP"
}

# Keeps loaded and linked classes for later starts, which then take about two thirds of the time. A start and an end, once
# after each build; without it everything works, only slower.
train_java() {
    local log="$BUILD/start-up.log" tries=0 trainee
    if is_current "$STARTUP_CACHE" "$SERVER_JAR"; then return 0; fi
    say "preparing quick starts"
    rm -f "$STARTUP_CACHE"
    "$JAVA_HOME/bin/java" "@$ROOT/server/jvm.options" -XX:AOTCacheOutput="$STARTUP_CACHE" -jar "$SERVER_JAR" \
        serve --in-process --port 0 -c 512 -np 1 --model "$1" >"$log" 2>&1 &
    trainee=$!
    while [ "$tries" -lt 300 ] && kill -0 "$trainee" 2>/dev/null && ! grep -q '^Ready' "$log"; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill "$trainee" 2>/dev/null || true
    wait "$trainee" 2>/dev/null || true
    [ -f "$STARTUP_CACHE" ] || note "no cache for quick starts could be made; $log says why"
}
