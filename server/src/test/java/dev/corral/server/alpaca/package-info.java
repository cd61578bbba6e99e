@NullMarked
package dev.corral.server.alpaca;

import org.jspecify.annotations.NullMarked;
