@NullMarked
package dev.corral.server.page;

import org.jspecify.annotations.NullMarked;
