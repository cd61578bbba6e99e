@NullMarked
package dev.corral.server.easylm;

import org.jspecify.annotations.NullMarked;
