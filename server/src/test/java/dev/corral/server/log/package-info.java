/** Tests of what a log holds. */
@NullMarked
package dev.corral.server.log;

import org.jspecify.annotations.NullMarked;
