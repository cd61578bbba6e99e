/** The chat page, whose files the build puts beside these classes. */
@NullMarked
package dev.corral.server.page;

import org.jspecify.annotations.NullMarked;
