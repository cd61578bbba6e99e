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
        "$ROOT/server/pom.xml" "$ROOT/server/src/main"
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
