@NullMarked
package dev.corral.server.ollama;

import org.jspecify.annotations.NullMarked;
