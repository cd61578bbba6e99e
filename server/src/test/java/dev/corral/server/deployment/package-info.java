@NullMarked
package dev.corral.server.deployment;

import org.jspecify.annotations.NullMarked;
