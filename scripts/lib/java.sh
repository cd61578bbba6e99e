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

# Keeps loaded and linked classes for later starts, of the server and of its worker, which then take about half the time. A start
# with a few requests and an end, once after each build; without it everything works, only slower.
train_java() {
    if is_current "$STARTUP_CACHE" "$SERVER_JAR" "$SERVER_LIBRARIES" &&
        is_current "$WORKER_CACHE" "$SERVER_JAR" "$SERVER_LIBRARIES"; then return 0; fi
    say "preparing quick starts"
    renew_class_files "$SERVER_LIBRARIES"
    record_starts "$JAVA_HOME/bin/java" "$ROOT/server/jvm.options" "$SERVER_JAR" "$1"
}

# renew_class_files FOLDER: its jars with classes from before Java 6 get them in today's format, which the cache takes.
renew_class_files() {
    "$JAVA_HOME/bin/java" -cp "$1/*" "$LIB/RenewClassFiles.java" "$1" || note "the jars in $1 stay as they are: starts are slower"
}

# record_starts JAVA OPTIONS JAR MODEL: writes corral-server.aot and corral-worker.aot beside the jar.
record_starts() {
    local java="$1" options="$2" jar="$3" model="$4" folder log tries=0 trainee url=''
    folder="$(dirname "$jar")"
    log="$BUILD/start-up.log"
    mkdir -p "$BUILD"
    rm -f "$folder"/corral-server.aot "$folder"/corral-worker.aot "$folder"/*.aotconf
    CORRAL_WORKER_JVM_OPTS="-XX:AOTMode=record -XX:AOTConfiguration=$folder/worker.aotconf" \
        "$java" "@$options" -XX:AOTMode=record -XX:AOTConfiguration="$folder/server.aotconf" -jar "$jar" \
        serve --port 0 --model "$model" >"$log" 2>&1 &
    trainee=$!
    while [ "$tries" -lt 600 ] && kill -0 "$trainee" 2>/dev/null && ! grep -q '^Ready' "$log"; do
        tries=$((tries + 1))
        sleep 0.1
    done
    url="$(sed -n -e 's/^Corral listens on //p' "$log")"
    if [ -n "$url" ] && have python3; then rehearse "$url" >>"$log" 2>&1 || true; fi
    kill "$trainee" 2>/dev/null || true
    wait "$trainee" 2>/dev/null || true
    create_start "$java" "$options" "$jar" server "$log"
    create_start "$java" "$options" "$jar" worker "$log"
    rm -f "$folder"/*.aotconf
    [ -f "$folder/corral-server.aot" ] && [ -f "$folder/corral-worker.aot" ] ||
        note "no cache for quick starts could be made; $log says why"
}

create_start() {
    local folder
    folder="$(dirname "$3")"
    "$1" "@$2" -XX:AOTMode=create -XX:AOTConfiguration="$folder/$4.aotconf" -XX:AOTCache="$folder/corral-$4.aot" \
        -cp "$3" >>"$5" 2>&1 || true
}

# What a first client asks.
rehearse() {
    python3 - "$1" <<'END'
import json, sys, urllib.request

def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(sys.argv[1] + path, data, {"Content-Type": "application/json"})
    return urllib.request.urlopen(request, timeout=60).read()

chat = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}
for path in ("/health", "/ready", "/v1/models", "/props", "/metrics", "/"):
    call(path)
call("/tokenize", {"content": "Hello"})
call("/completion", {"prompt": "Hello", "n_predict": 4})
call("/v1/chat/completions", chat)
call("/v1/chat/completions", {**chat, "stream": True})
END
}
