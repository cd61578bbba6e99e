package dev.corral.server.alpaca;

import dev.corral.engine.Prompt;
import java.util.ArrayList;
import java.util.List;

/**
 * Llama 2's template, which the second line of models was trained with. Each turn of the assistant ends with the end
 * token, and each turn of the user but the first begins with the begin token. What a client says can't name them.
 */
record SystemTemplate() implements Template {

    private static final String OPENING = "[INST]";
    private static final String CLOSING = "[/INST]";
    private static final String SYSTEM = "You are a helpful assistant. 你是一个乐于助人的助手。";
    private static final String BEGIN = "<s>";
    private static final String END = "</s>";

    /** Text and control tokens in turn; only the beginning of all gets the model's own begin token. */
    private static final class Turns {
        private final List<Prompt> parts = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();

        void say(String more) {
            text.append(more);
        }

        void control(String token) {
            endText();
            parts.add(new Prompt.Text(token, false, true));
        }

        Prompt prompt() {
            endText();
            return parts.size() == 1 ? parts.getFirst() : new Prompt.Parts(parts);
        }

        private void endText() {
            if (!text.isEmpty() || parts.isEmpty()) {
                parts.add(new Prompt.Text(text.toString(), parts.isEmpty(), false));
                text.setLength(0);
            }
        }
    }

    @Override
    public Prompt completion(String instruction) {
        return new Prompt.Text(first(SYSTEM, instruction), true, false);
    }

    @Override
    public Prompt chat(List<Message> messages) {
        String system = messages.stream()
                .filter(message -> message.role().equals(Message.SYSTEM))
                .map(Message::content)
                .reduce(SYSTEM, (_, later) -> later);
        Turns turns = new Turns();
        boolean asked = false;
        for (Message message : messages) {
            switch (message.role()) {
                case Message.USER -> {
                    if (asked) {
                        turns.control(BEGIN);
                        turns.say(OPENING + " " + message.content() + " " + CLOSING);
                    } else {
                        turns.say(first(system, message.content()));
                        asked = true;
                    }
                }
                case Message.ASSISTANT -> {
                    turns.say(" " + message.content());
                    turns.control(END);
                }
                default -> {}
            }
        }
        return turns.prompt();
    }

    @Override
    public String answerMark() {
        return CLOSING;
    }

    @Override
    public String otherTurn() {
        return OPENING;
    }

    private static String first(String system, String instruction) {
        return OPENING + " <<SYS>>\n" + system + "\n<</SYS>>\n\n" + instruction + " " + CLOSING;
    }
}
