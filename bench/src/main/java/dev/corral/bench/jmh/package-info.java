/** What the engine itself costs, by JMH: what runs them, and the benchmarks that need nothing of its inside. */
@NullMarked
package dev.corral.bench.jmh;

import org.jspecify.annotations.NullMarked;
