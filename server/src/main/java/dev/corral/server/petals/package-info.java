/**
 * The HTTP and WebSocket APIs of Petals' chat: sessions that hold a text's tokens, each call of which generates some more of
 * them, and a chat page.
 */
@NullMarked
package dev.corral.server.petals;

import org.jspecify.annotations.NullMarked;
