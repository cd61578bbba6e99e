@NullMarked
package dev.corral.engine.local.embedding;

import org.jspecify.annotations.NullMarked;
