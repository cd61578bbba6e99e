@NullMarked
package dev.corral.server.remote;

import org.jspecify.annotations.NullMarked;
