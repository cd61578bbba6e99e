/**
 * How a model is loaded and served, as whoever opens it says: {@link dev.corral.engine.local.options.LocalEngineOptions}.
 *
 * <p>Plain values that are checked when they are made. Public, as {@link dev.corral.engine.local.LocalEngine} is; the
 * other rooms are its own.
 */
@NullMarked
package dev.corral.engine.local.options;

import org.jspecify.annotations.NullMarked;
