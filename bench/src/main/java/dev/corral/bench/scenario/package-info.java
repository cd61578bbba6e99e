/** The rows of the table, one class each: what the clients do and what is read off. */
@NullMarked
package dev.corral.bench.scenario;

import org.jspecify.annotations.NullMarked;
