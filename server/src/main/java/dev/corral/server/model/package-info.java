/** The model that is served: whether it is there yet, what it is called, and how it is listed. */
@NullMarked
package dev.corral.server.model;

import org.jspecify.annotations.NullMarked;
