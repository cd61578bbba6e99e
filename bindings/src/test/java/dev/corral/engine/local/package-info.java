@NullMarked
package dev.corral.engine.local;

import org.jspecify.annotations.NullMarked;
