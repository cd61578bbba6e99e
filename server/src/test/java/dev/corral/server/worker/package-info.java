@NullMarked
package dev.corral.server.worker;

import org.jspecify.annotations.NullMarked;
