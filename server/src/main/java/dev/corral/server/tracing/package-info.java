/** Traces by OpenTelemetry: a span a request, and within it what became of it in the engine. */
@NullMarked
package dev.corral.server.tracing;

import org.jspecify.annotations.NullMarked;
