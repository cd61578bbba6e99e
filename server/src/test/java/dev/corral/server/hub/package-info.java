@NullMarked
package dev.corral.server.hub;

import org.jspecify.annotations.NullMarked;
