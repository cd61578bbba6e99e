@NullMarked
package dev.corral.engine.local.media;

import org.jspecify.annotations.NullMarked;
