/**
 * The dialect of llama.cpp's own server: today's fields and shapes, with the names of 2023 beside them where they
 * changed.
 */
@NullMarked
package dev.corral.server.llamacpp;

import org.jspecify.annotations.NullMarked;
