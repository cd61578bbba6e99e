/** Our results against those of the older way from Java to llama.cpp, on the same model file. */
@NullMarked
package dev.corral.peer;

import org.jspecify.annotations.NullMarked;
