@NullMarked
package dev.corral.engine.local.text;

import org.jspecify.annotations.NullMarked;
