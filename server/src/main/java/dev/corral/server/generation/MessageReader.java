package dev.corral.server.generation;

import dev.corral.engine.Engine;
import dev.corral.engine.Query;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.ToolCall;
import dev.corral.server.generation.MessageDelta.CallDelta;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One answer, read into a message while it comes. What was told of the message is never taken back.
 *
 * <p>Used by the request's thread only.
 */
public final class MessageReader {

    private final Engine engine;
    private final Optional<String> format;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private final StringBuilder content = new StringBuilder();
    private final List<Call> calls = new ArrayList<>();
    private Message begun = Message.EMPTY;
    private boolean unread;

    private static final class Call {
        private final String id;
        private final String name;
        private final StringBuilder arguments = new StringBuilder();

        Call(ToolCall call) {
            this.id = call.id().isEmpty() ? AnswerId.random("call_") : call.id();
            this.name = call.name();
        }
    }

    private MessageReader(Engine engine, Optional<String> format) {
        this.engine = engine;
        this.format = format;
    }

    /**
     * @param format how the answer is to be read; empty for content as it stands
     * @param continued the prompt has begun the message
     */
    static MessageReader of(Engine engine, Optional<String> format, boolean continued) throws InterruptedException {
        MessageReader reader = new MessageReader(engine, format);
        if (continued && format.isPresent()) {
            reader.begun = engine.ask(new Query.ReadMessage(format.get(), "", true));
        }
        return reader;
    }

    /** Whether the message is the text itself. */
    public boolean isPlain() {
        return format.isEmpty();
    }

    public void add(String more) {
        text.append(more);
        unread |= !more.isEmpty();
    }

    /** Whether something was added that was not read. */
    public boolean hasUnread() {
        return unread;
    }

    /**
     * Reads what was added.
     *
     * @param complete nothing will be added any more, and the answer was not broken off
     */
    public MessageDelta read(boolean complete) throws InterruptedException {
        if (!unread && !complete) {
            return new MessageDelta("", "", List.of());
        }
        unread = false;
        Message message = format.isEmpty()
                ? new Message("", text.toString(), List.of())
                : engine.ask(new Query.ReadMessage(format.get(), text.toString(), !complete));
        return advance(message, complete);
    }

    /** What was read so far. */
    public Message message() {
        return new Message(
                reasoning.toString(),
                content.toString(),
                calls.stream()
                        .map(call -> new ToolCall(call.id, call.name, call.arguments.toString()))
                        .toList());
    }

    private MessageDelta advance(Message message, boolean complete) {
        String thought = grow(reasoning, without(begun.reasoning(), message.reasoning()));
        String said = grow(content, without(begun.content(), message.content()));
        List<CallDelta> grown = new ArrayList<>();
        for (int index = 0; index < message.calls().size(); index++) {
            ToolCall call = message.calls().get(index);
            // a name that nothing follows may still grow
            boolean settled = complete
                    || index < message.calls().size() - 1
                    || !call.arguments().isEmpty();
            if (settled && !call.name().isEmpty() && index <= calls.size()) {
                advance(index, call).ifPresent(grown::add);
            }
        }
        return new MessageDelta(thought, said, grown);
    }

    private Optional<CallDelta> advance(int index, ToolCall call) {
        boolean begins = index == calls.size();
        if (begins) {
            calls.add(new Call(call));
        }
        Call known = calls.get(index);
        String arguments = grow(known.arguments, call.arguments());
        return begins || !arguments.isEmpty()
                ? Optional.of(new CallDelta(index, begins, known.id, known.name, arguments))
                : Optional.empty();
    }

    private static String without(String beginning, String whole) {
        return whole.startsWith(beginning) ? whole.substring(beginning.length()) : "";
    }

    /** Appends what {@code now} has beyond {@code known}, which is all that can be told of it. */
    private static String grow(StringBuilder known, String now) {
        if (now.length() <= known.length() || !now.startsWith(known.toString())) {
            return "";
        }
        String more = now.substring(known.length());
        known.append(more);
        return more;
    }
}
