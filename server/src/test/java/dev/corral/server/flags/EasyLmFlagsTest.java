package dev.corral.server.flags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.InvalidRequestException;
import dev.corral.server.easylm.ChatAffixes;
import dev.corral.server.easylm.Decoding;
import dev.corral.server.easylm.EasyLmSettings;
import dev.corral.server.easylm.TextAffixes;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The options of EasyLM's server, as flags. */
class EasyLmFlagsTest {

    private static EasyLmSettings settings(String... flags) {
        return CommandLine.populateCommand(new EasyLmFlags(), flags).toSettings();
    }

    @Test
    void withoutAnyAllIsAsEasyLmHasIt() {
        assertThat(settings()).isEqualTo(EasyLmSettings.STANDARD);
    }

    @Test
    void eachOptionIsAFlag() {
        assertThat(settings(
                        "--easylm-batch-size=4",
                        "--easylm-logging",
                        "--easylm-pre-compile=loglikelihood,generate",
                        "--easylm-greedy-until-max-length=100",
                        "--easylm-input-length=10",
                        "--easylm-seq-length=30",
                        "--no-easylm-add-bos-token",
                        "--easylm-default-temperature=0.5",
                        "--easylm-top-k=7",
                        "--easylm-top-p=0.9",
                        "--no-easylm-do-sample",
                        "--easylm-num-beams=2",
                        "--easylm-seed=3",
                        "--easylm-prepend-to-prefix=a",
                        "--easylm-append-to-prefix=b",
                        "--easylm-prepend-to-text=c",
                        "--easylm-append-to-text=d",
                        "--easylm-chat-prepend-text=BEGINNING OF CONVERSATION: ",
                        "--easylm-chat-user-prefix=USER: ",
                        "--easylm-chat-user-suffix= ",
                        "--easylm-chat-lm-prefix=GPT:",
                        "--easylm-chat-lm-suffix=</s>",
                        "--easylm-notes=Be kind"))
                .isEqualTo(new EasyLmSettings(
                        4,
                        true,
                        Set.of("loglikelihood", "generate"),
                        100,
                        10,
                        30,
                        false,
                        new Decoding(0.5, 7, 0.9, false, 2, 3),
                        new TextAffixes("a", "b", "c", "d"),
                        new ChatAffixes("BEGINNING OF CONVERSATION: ", "USER: ", " ", "GPT:", "</s>"),
                        "Be kind"));
    }

    @ParameterizedTest
    @CsvSource({
        "--easylm-batch-size=-1, easylm-batch-size",
        "--easylm-pre-compile=everything, easylm-pre-compile",
        "--easylm-input-length=2048, easylm-input-length",
        "--easylm-default-temperature=-1, easylm-default-temperature",
        "--easylm-top-p=2, easylm-top-p",
        "--easylm-num-beams=0, easylm-num-beams"
    })
    void whatIsOutOfRangeIsNamed(String flag, String named) {
        assertThatThrownBy(() -> settings(flag))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(named);
    }
}
