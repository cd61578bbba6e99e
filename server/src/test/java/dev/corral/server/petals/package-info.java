@NullMarked
package dev.corral.server.petals;

import org.jspecify.annotations.NullMarked;
