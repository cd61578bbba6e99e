/** Numbers of a run: samples, the rows of the table, and what each row must reach. */
@NullMarked
package dev.corral.bench.measure;

import org.jspecify.annotations.NullMarked;
