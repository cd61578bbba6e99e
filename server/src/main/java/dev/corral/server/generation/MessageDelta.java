package dev.corral.server.generation;

import java.util.List;

/**
 * What has come to a message.
 *
 * @param calls one for each call that has begun or grown
 */
public record MessageDelta(String reasoning, String content, List<CallDelta> calls) {

    public MessageDelta {
        calls = List.copyOf(calls);
    }

    public boolean isEmpty() {
        return reasoning.isEmpty() && content.isEmpty() && calls.isEmpty();
    }

    /**
     * What has come to a call.
     *
     * @param index which of the message's calls, from 0
     * @param begins whether this is the first of it
     * @param arguments what its arguments have grown by
     */
    public record CallDelta(int index, boolean begins, String id, String name, String arguments) {}
}
