/** The application: the command line as a whole, what serves, its wiring, its life from the first progress line to the last answer. */
@NullMarked
package dev.corral.server;

import org.jspecify.annotations.NullMarked;
