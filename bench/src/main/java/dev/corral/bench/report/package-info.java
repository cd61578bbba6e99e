/** What a run leaves behind: a page, its plots, and the numbers as JSON. */
@NullMarked
package dev.corral.bench.report;

import org.jspecify.annotations.NullMarked;
