@NullMarked
package dev.corral.engine.local.chat;

import org.jspecify.annotations.NullMarked;
