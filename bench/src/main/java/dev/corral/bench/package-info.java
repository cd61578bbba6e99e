/**
 * The side-by-side benchmark: Corral's server, llama.cpp's own, the engine without a server and the JNI binding do the same
 * work in turn in one run, and the page that comes of it holds ratios.
 */
@NullMarked
package dev.corral.bench;

import org.jspecify.annotations.NullMarked;
