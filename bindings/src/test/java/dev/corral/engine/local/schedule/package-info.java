@NullMarked
package dev.corral.engine.local.schedule;

import org.jspecify.annotations.NullMarked;
