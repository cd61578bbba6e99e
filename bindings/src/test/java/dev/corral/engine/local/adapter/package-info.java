@NullMarked
package dev.corral.engine.local.adapter;

import org.jspecify.annotations.NullMarked;
