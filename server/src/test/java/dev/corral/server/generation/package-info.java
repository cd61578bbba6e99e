@NullMarked
package dev.corral.server.generation;

import org.jspecify.annotations.NullMarked;
