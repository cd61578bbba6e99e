@NullMarked
package dev.corral.server.openai;

import org.jspecify.annotations.NullMarked;
