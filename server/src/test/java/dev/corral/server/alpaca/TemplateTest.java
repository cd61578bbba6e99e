package dev.corral.server.alpaca;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Prompt;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts to the letter; none but the templates' own control tokens are read as such. */
class TemplateTest {

    private static final String PREAMBLE = "Below is an instruction that describes a task. Write a response that "
            + "appropriately completes the request.";

    private static final Template FIRST = Edition.FIRST.template();
    private static final Template SECOND = Edition.SECOND.template();

    private static Prompt said(String text) {
        return new Prompt.Text(text, true, false);
    }

    private static Prompt said(String text, boolean begins) {
        return new Prompt.Text(text, begins, false);
    }

    private static Prompt control(String token) {
        return new Prompt.Text(token, false, true);
    }

    @Test
    void anInstruction() {
        assertThat(FIRST.completion("Say </s> twice"))
                .isEqualTo(said(PREAMBLE + "\n    \n### Instruction:\nSay </s> twice\n\n### Response: "));
    }

    @Test
    void aConversation() {
        List<Message> messages = List.of(
                new Message("user", "One?"),
                new Message("assistant", "1."),
                new Message("critic", "skipped"),
                new Message("user", "Two?"));
        assertThat(FIRST.chat(messages))
                .isEqualTo(
                        said(PREAMBLE + "\n\n### Instruction:\nOne?\n\n### Response: 1.\n\n### Instruction:\nTwo?\n\n"
                                + "### Response: "));
    }

    @Test
    void theLastSystemMessageHolds() {
        List<Message> messages = List.of(
                new Message("system", "Be long."), new Message("user", "One?"), new Message("system", "Be short."));
        assertThat(FIRST.chat(messages)).isEqualTo(said("Be short.\n\n### Instruction:\nOne?\n\n### Response: "));
        assertThat(SECOND.chat(messages)).isEqualTo(said("[INST] <<SYS>>\nBe short.\n<</SYS>>\n\nOne? [/INST]"));
    }

    @Test
    void nothingSaidIsStillAPrompt() {
        assertThat(FIRST.chat(List.of())).isEqualTo(said(PREAMBLE + "\n\n### Response: "));
        assertThat(SECOND.chat(List.of())).isEqualTo(said(""));
    }

    @Test
    void anInstructionOfTheSecondEdition() {
        assertThat(SECOND.completion("Say hello"))
                .isEqualTo(said("[INST] <<SYS>>\nYou are a helpful assistant. 你是一个乐于助人的助手。\n<</SYS>>\n\n"
                        + "Say hello [/INST]"));
    }

    @Test
    void turnsOfTheSecondEditionEndAndBeginWithControlTokens() {
        List<Message> messages = List.of(
                new Message("system", "Be short."),
                new Message("user", "One?"),
                new Message("assistant", "</s>1."),
                new Message("user", "Two?"));
        assertThat(SECOND.chat(messages))
                .isEqualTo(new Prompt.Parts(List.of(
                        said("[INST] <<SYS>>\nBe short.\n<</SYS>>\n\nOne? [/INST] </s>1.", true),
                        control("</s>"),
                        control("<s>"),
                        said("[INST] Two? [/INST]", false))));
    }

    @Test
    void whatAModelRepeatsOfTheTemplateIsDropped() {
        assertThat(FIRST.answerIn("  Beijing. \n")).isEqualTo("Beijing.");
        assertThat(FIRST.answerIn("Paris.\n\n### Response: Beijing.\n")).isEqualTo("Beijing.");
        assertThat(SECOND.answerIn("x [/INST] y")).isEqualTo("y");
        assertThat(SECOND.answerIn("### Response: y")).isEqualTo("### Response: y");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "00000000-0000-0000-0000-000000000000 | 2222222222222222222222",
                "00000000-0000-0000-0000-000000000039 | 2222222222222222222232",
                "ffffffff-ffff-ffff-ffff-ffffffffffff | oZEq7ovRbLq6UnGMPwc8B5",
                "3b1f8b40-222c-4a6e-b77e-779d5a94e21c | CXc85b4rqinB7s5J52TRYb",
            })
    void idsAreNumbersOfBase57(String uuid, String id) {
        assertThat(ShortUuid.of(UUID.fromString(uuid))).isEqualTo(id);
    }

    @Test
    void piecesOfAStreamAreTheWholeStripped() {
        Strip strip = new Strip();
        StringBuilder shown = new StringBuilder();
        for (String piece : List.of(" ", "\n One", " ", "", "two.\n", "\nThree", " \n")) {
            shown.append(strip.next(piece));
        }
        assertThat(shown).hasToString("One two.\n\nThree");
    }
}
