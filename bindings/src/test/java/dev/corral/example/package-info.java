/** The README's Java program, as it stands there. */
@NullMarked
package dev.corral.example;

import org.jspecify.annotations.NullMarked;
