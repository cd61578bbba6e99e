/** The bindings on the real default model, and on tiny random ones where the kind of memory matters. */
@NullMarked
package dev.corral.llama;

import org.jspecify.annotations.NullMarked;
