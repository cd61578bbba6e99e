/**
 * What every dialect stands on: routes, JSON bodies and their fields, errors as data, server-sent events, and the checks
 * that a request passes before a dialect sees it. Nothing here knows what any dialect looks like.
 *
 * <p>A request is handled by its connection's virtual thread from its first byte to its last; nothing here hands it to
 * another thread.
 */
@NullMarked
package dev.corral.server.http;

import org.jspecify.annotations.NullMarked;
