package dev.corral.server.alpaca;

import dev.corral.engine.Prompt;
import java.util.List;

/** How a family of models was trained to see instructions and conversations. */
sealed interface Template permits InstructionTemplate, SystemTemplate {

    /** One instruction without a conversation. */
    Prompt completion(String instruction);

    /** The last of several system messages holds. */
    Prompt chat(List<Message> messages);

    /** What stands before an answer: where a model repeats it, the text before that is dropped. */
    String answerMark();

    /** Where a model goes on with a turn that is not its own. */
    String otherTurn();

    /** The answer in what a model said. */
    default String answerIn(String said) {
        int mark = said.lastIndexOf(answerMark());
        return (mark < 0 ? said : said.substring(mark + answerMark().length())).strip();
    }
}
