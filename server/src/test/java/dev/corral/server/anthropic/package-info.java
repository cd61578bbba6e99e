@NullMarked
package dev.corral.server.anthropic;

import org.jspecify.annotations.NullMarked;
