package dev.corral.server.http;

/**
 * A path at which clients may talk by WebSocket.
 *
 * @param conversation runs for each of them, on a thread of its own
 */
record WebSocketRoute(String path, WebSocket.Conversation conversation) {}
