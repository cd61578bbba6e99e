/** The dialect of Anthropic's Messages API. */
@NullMarked
package dev.corral.server.anthropic;

import org.jspecify.annotations.NullMarked;
