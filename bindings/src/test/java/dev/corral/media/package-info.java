@NullMarked
package dev.corral.media;

import org.jspecify.annotations.NullMarked;
