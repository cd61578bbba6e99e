/** The application: its command line, its wiring, its life from the first progress line to the last answer. */
@NullMarked
package dev.corral.server;

import org.jspecify.annotations.NullMarked;
