/** Clients of servers elsewhere, by HTTP; they need neither the native library nor a model. */
@NullMarked
package dev.corral.client;

import org.jspecify.annotations.NullMarked;
