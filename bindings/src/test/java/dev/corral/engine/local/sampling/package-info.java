@NullMarked
package dev.corral.engine.local.sampling;

import org.jspecify.annotations.NullMarked;
