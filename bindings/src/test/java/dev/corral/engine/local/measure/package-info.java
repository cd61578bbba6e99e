@NullMarked
package dev.corral.engine.local.measure;

import org.jspecify.annotations.NullMarked;
