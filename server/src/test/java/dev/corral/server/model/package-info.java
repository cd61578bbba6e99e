@NullMarked
package dev.corral.server.model;

import org.jspecify.annotations.NullMarked;
