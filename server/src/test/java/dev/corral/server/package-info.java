/** Tests of the server as its clients see it, over real sockets. */
@NullMarked
package dev.corral.server;

import org.jspecify.annotations.NullMarked;
