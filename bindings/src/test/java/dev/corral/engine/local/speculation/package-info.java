@NullMarked
package dev.corral.engine.local.speculation;

import org.jspecify.annotations.NullMarked;
