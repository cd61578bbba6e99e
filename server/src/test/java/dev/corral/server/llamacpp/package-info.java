@NullMarked
package dev.corral.server.llamacpp;

import org.jspecify.annotations.NullMarked;
