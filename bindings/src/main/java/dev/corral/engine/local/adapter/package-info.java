/** LoRA adapters: found in folders, checked, loaded as requests name them, and applied to the context. */
@NullMarked
package dev.corral.engine.local.adapter;

import org.jspecify.annotations.NullMarked;
