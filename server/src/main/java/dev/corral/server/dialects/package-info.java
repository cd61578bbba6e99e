/** All dialects together: their names, their settings, and which of them a request meets first. */
@NullMarked
package dev.corral.server.dialects;

import org.jspecify.annotations.NullMarked;
