@NullMarked
package dev.corral.server.worker.wire;

import org.jspecify.annotations.NullMarked;
