/** Files that are wrong on purpose, and whether they are found out before llama.cpp dies of them. */
@NullMarked
package dev.corral.gguf;

import org.jspecify.annotations.NullMarked;
