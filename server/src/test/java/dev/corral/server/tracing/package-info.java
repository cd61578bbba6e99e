@NullMarked
package dev.corral.server.tracing;

import org.jspecify.annotations.NullMarked;
