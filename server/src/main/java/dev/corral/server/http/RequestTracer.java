package dev.corral.server.http;

import java.util.Optional;
import java.util.function.Function;

/** Follows requests across processes, from their heads to the ends of their answers. Thread-safe. */
@FunctionalInterface
public interface RequestTracer {

    /** One request; the thread that answers it calls. */
    interface Trace {
        /** What other processes and logs know the trace by; empty where it has no name. */
        String id();

        /**
         * The answer is complete, or its client left.
         *
         * @param route the pattern of the path that was asked for, where it is known
         */
        void end(Optional<String> route, int status);
    }

    /** Follows nothing. */
    RequestTracer NONE = (_, _, _) -> new Trace() {
        @Override
        public String id() {
            return "";
        }

        @Override
        public void end(Optional<String> route, int status) {
            // nobody asked
        }
    };

    /**
     * A request's head has come. What the calling thread does before the trace's end belongs to it.
     *
     * @param path without its query
     * @param header finds the value of a request's header
     */
    Trace begin(String method, String path, Function<String, Optional<String>> header);
}
