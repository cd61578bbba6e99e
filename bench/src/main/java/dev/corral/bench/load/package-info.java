/** Clients: plain sockets, requests, and what came back when. */
@NullMarked
package dev.corral.bench.load;

import org.jspecify.annotations.NullMarked;
