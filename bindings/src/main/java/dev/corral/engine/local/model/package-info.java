/**
 * A model before it is loaded: its files are checked, its need of memory is reckoned, and what the options leave open is
 * chosen so that it fits.
 */
@NullMarked
package dev.corral.engine.local.model;

import org.jspecify.annotations.NullMarked;
