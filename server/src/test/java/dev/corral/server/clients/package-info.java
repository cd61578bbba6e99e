/** Clients in Java as people use them, unmodified, against the server. */
@NullMarked
package dev.corral.server.clients;

import org.jspecify.annotations.NullMarked;
