@NullMarked
package dev.corral.engine.local.model;

import org.jspecify.annotations.NullMarked;
