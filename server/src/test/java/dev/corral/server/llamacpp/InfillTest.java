package dev.corral.server.llamacpp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.engine.Prompt;
import dev.corral.engine.Tokens;
import dev.corral.server.FakeEngine;
import dev.corral.server.RunningServer;
import dev.corral.server.TestClient;
import dev.corral.server.generation.Defaults;
import dev.corral.server.http.HttpSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a text with a gap; {@link FakeEngine}'s tokens are characters, its marks {@code @ # $ < > ^}. */
class InfillTest {

    /** The prompt that the engine was given, as text. */
    private static String prompt(String body, Defaults defaults) throws Exception {
        FakeEngine engine = FakeEngine.saying("middle");
        try (RunningServer running = RunningServer.of(engine, HttpSettings.loopback(0), defaults)) {
            TestClient.Answer answer = running.client().post("/infill", body);
            assertThat(answer.status()).as(answer.text()).isEqualTo(200);
            assertThat(answer.json().path("content").textValue()).isEqualTo("middle");
            Tokens tokens = ((Prompt.Ids) engine.next().request().prompt()).tokens();
            StringBuilder text = new StringBuilder();
            tokens.stream().forEach(token -> text.append((char) token));
            assertThat(answer.json().path("prompt").textValue()).isEqualTo(text.toString());
            return text.toString();
        }
    }

    private static String prompt(String body) throws Exception {
        return prompt(body, Defaults.standard());
    }

    @Test
    void theGapIsAfterPrefixAndSuffix() throws Exception {
        assertThat(prompt("{\"input_prefix\": \"ab\", \"input_suffix\": \"yz\"}"))
                .isEqualTo("@myproject\n#filename\n$<ab>yz^");
    }

    @Test
    void oneSideIsEnough() throws Exception {
        assertThat(prompt("{\"input_prefix\": \"ab\"}")).endsWith("$<ab>^");
        assertThat(prompt("{\"input_suffix\": \"yz\", \"input_prefix\": null}")).endsWith("$<>yz^");
    }

    @Test
    void tokensStandBesideText() throws Exception {
        assertThat(prompt("{\"input_prefix\": [65, \"b\", 67], \"input_suffix\": [89]}"))
                .endsWith("$<AbC>Y^");
    }

    @Test
    void thePromptIsWhatTheMiddleBeginsWith() throws Exception {
        assertThat(prompt("{\"input_prefix\": \"ab\", \"input_suffix\": \"yz\", \"prompt\": \"cd\"}"))
                .endsWith("$<abcd>yz^");
    }

    @Test
    void otherFilesComeFirst() throws Exception {
        assertThat(prompt("{\"input_prefix\": \"ab\", \"input_suffix\": \"yz\", \"input_extra\": ["
                        + "{\"filename\": \"one.c\", \"text\": \"1\"}, {\"text\": \"2\"}]}"))
                .isEqualTo("@myproject\n#one.c\n1#tmp\n2#filename\n$<ab>yz^");
    }

    @Test
    void someModelsWantTheSuffixFirst() throws Exception {
        assertThat(prompt(
                        "{\"input_prefix\": \"ab\", \"input_suffix\": \"yz\"}",
                        Defaults.standard().withSuffixFirst()))
                .endsWith("$>yz<ab^");
    }

    /** The fake engine's context has 1024 tokens, of which 256 are for the middle. */
    @Test
    void whatIsTooLongLosesWhatIsFarFromTheGap() throws Exception {
        String prefix = "p".repeat(2000) + "P";
        String suffix = "S" + "s".repeat(2000);
        String extra = "x".repeat(500);
        String all = prompt("{\"input_prefix\": \"" + prefix + "\", \"input_suffix\": \"" + suffix
                + "\", \"input_extra\": [{\"text\": \"" + extra + "\"}]}");
        assertThat(all)
                .hasSize(768)
                .startsWith("$<p")
                .contains("P>Ss")
                .endsWith("s^")
                .doesNotContain("x");
        assertThat(all.chars().filter(unit -> unit == 's' || unit == 'S').count())
                .isBetween(180L, 192L);
        String narrow = prompt("{\"input_prefix\": \"ab\", \"input_suffix\": \"" + suffix + "\", \"n_predict\": 24}");
        assertThat(narrow).hasSize(1000).contains("$<ab>Ss").endsWith("s^");
        String files = prompt("{\"input_prefix\": \"ab\", \"input_suffix\": \"yz\", \"input_extra\": [{\"text\": \""
                + "1" + "x".repeat(2000) + "2\"}]}");
        assertThat(files).hasSize(768).startsWith("xx").endsWith("x2#filename\n$<ab>yz^");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | input_prefix",
                "{\"input_prefix\": 5} | input_prefix",
                "{\"input_prefix\": \"a\", \"input_suffix\": [1.5]} | input_suffix",
                "{\"input_prefix\": \"a\", \"prompt\": [1]} | prompt",
                "{\"input_prefix\": \"a\", \"input_extra\": \"x\"} | input_extra",
                "{\"input_prefix\": \"a\", \"input_extra\": [\"x\"]} | input_extra[0]",
                "{\"input_prefix\": \"a\", \"input_extra\": [{\"filename\": \"x\"}]} | input_extra[0].text",
                "{\"input_prefix\": \"a\", \"input_extra\": [{\"text\": \"x\", \"filename\": 1}]} | input_extra[0].filename",
                "{\"input_prefix\": \"a\", \"top_p\": 2} | top_p"
            })
    void whatIsWrongIsNamed(String body, String field) throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a"))) {
            TestClient.Answer answer = running.client().post("/infill", body);
            assertThat(answer.status()).as(answer.text()).isEqualTo(400);
            assertThat(answer.error().path("message").textValue()).startsWith("'" + field + "'");
        }
    }

    @Test
    void streams() throws Exception {
        try (RunningServer running = RunningServer.of(FakeEngine.saying("a", "b"))) {
            JsonNode last = running.client()
                    .post("/infill", "{\"input_prefix\": \"x\", \"stream\": true}")
                    .events()
                    .getLast();
            assertThat(last.path("stop").booleanValue()).isTrue();
        }
    }
}
