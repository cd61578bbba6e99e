@NullMarked
package dev.corral.server.operations;

import org.jspecify.annotations.NullMarked;
