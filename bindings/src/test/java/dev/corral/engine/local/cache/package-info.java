@NullMarked
package dev.corral.engine.local.cache;

import org.jspecify.annotations.NullMarked;
