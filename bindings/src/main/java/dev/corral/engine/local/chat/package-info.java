/**
 * Conversations: {@link dev.corral.engine.local.chat.ChatTemplates} make a prompt of messages and tools, and read an answer
 * back as a message.
 */
@NullMarked
package dev.corral.engine.local.chat;

import org.jspecify.annotations.NullMarked;
