@NullMarked
package dev.corral.engine.local.score;

import org.jspecify.annotations.NullMarked;
