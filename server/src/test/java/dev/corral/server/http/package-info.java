@NullMarked
package dev.corral.server.http;

import org.jspecify.annotations.NullMarked;
