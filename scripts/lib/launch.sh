# shellcheck shell=bash
# Starts the program that java.sh builds. Needs common.sh, native.sh, java.sh and web.sh.

# Gets what the program needs to run a model: installs or names what is missing, builds what has changed.
build_all() {
    require_jdk
    # shellcheck disable=SC2119 # no options: build only what has changed
    if [ -z "${CORRAL_NATIVE_DIR:-}" ]; then build_native; fi
    build_web || note "the chat page is not built; the server goes on without it"
    build_java
}

# Becomes the program, with what was given for the JVM split at spaces.
launch() {
    local quick=''
    if is_current "$STARTUP_CACHE" "$SERVER_JAR" "$SERVER_LIBRARIES"; then quick="-XX:AOTCache=$STARTUP_CACHE"; fi
    # shellcheck disable=SC2086
    exec "$JAVA_HOME/bin/java" "@$ROOT/server/jvm.options" ${quick:+"$quick"} ${CORRAL_JVM_OPTS:-} -jar "$SERVER_JAR" "$@"
}

# Whether arguments of serve say which model to serve.
names_a_model() {
    local flag
    if [ -n "${LLAMA_ARG_MODEL:-}${LLAMA_ARG_MODEL_URL:-}${LLAMA_ARG_HF_REPO:-}${LLAMA_ARG_MODELS_DIR:-}${CORRAL_MODEL:-}${CORRAL_CONFIG:-}" ]; then return 0; fi
    for flag in -m --model -mu --model-url -hf -hfr --hf-repo -dr --docker-repo --base-model --base_model --config --models-dir; do
        if has_argument "$flag" "$@"; then return 0; fi
    done
    return 1
}
