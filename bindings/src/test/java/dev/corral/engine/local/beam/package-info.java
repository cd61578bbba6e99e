@NullMarked
package dev.corral.engine.local.beam;

import org.jspecify.annotations.NullMarked;
