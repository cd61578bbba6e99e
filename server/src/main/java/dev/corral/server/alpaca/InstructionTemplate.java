package dev.corral.server.alpaca;

import dev.corral.engine.Prompt;
import java.util.List;

/** Stanford Alpaca's template, which the first line of models was trained with. No part of it is a control token. */
record InstructionTemplate() implements Template {

    private static final String PREAMBLE = "Below is an instruction that describes a task. "
            + "Write a response that appropriately completes the request.";
    private static final String INSTRUCTION = "### Instruction:";
    private static final String RESPONSE = "### Response:";

    /** Four blanks between preamble and instruction, unlike {@link #chat}. */
    @Override
    public Prompt completion(String instruction) {
        return text(PREAMBLE + "\n    \n" + INSTRUCTION + "\n" + instruction + "\n\n" + RESPONSE + " ");
    }

    @Override
    public Prompt chat(List<Message> messages) {
        String system = PREAMBLE;
        StringBuilder turns = new StringBuilder();
        for (Message message : messages) {
            switch (message.role()) {
                case Message.SYSTEM -> system = message.content();
                case Message.USER ->
                    turns.append(INSTRUCTION)
                            .append('\n')
                            .append(message.content())
                            .append("\n\n");
                case Message.ASSISTANT ->
                    turns.append(RESPONSE).append(' ').append(message.content()).append("\n\n");
                default -> {}
            }
        }
        return text(system + "\n\n" + turns + RESPONSE + " ");
    }

    @Override
    public String answerMark() {
        return RESPONSE;
    }

    @Override
    public String otherTurn() {
        return INSTRUCTION;
    }

    private static Prompt text(String text) {
        return new Prompt.Text(text, true, false);
    }
}
