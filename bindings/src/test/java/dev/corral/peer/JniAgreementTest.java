package dev.corral.peer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.Generate;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Sampling;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TestModel;
import java.util.List;
import org.junit.jupiter.api.Test;

class JniAgreementTest {

    private static final List<String> HARD = List.of(
            "Hello, world!",
            "",
            " ",
            "   three leading spaces",
            "trailing spaces   ",
            "\n\n\nblank lines\n\n",
            "tabs\tand\r\nline ends\r",
            "emoji 😀 👩‍👩‍👧‍👦 🇪🇸 ✌🏽",
            "漢字かな交じり文と한국어 그리고 中文",
            "عربى עברית हिन्दी ไทย",
            "e\u0301 combining z\u0335\u0321\u0353",
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
            "<|endoftext|>",
            "<|im_start|not closed",
            "for (int i = 0; i < n; i++) {\n\tsum += a[i] * b[i];\n}",
            "def f(x):\n    return x ** 2  # comment\n",
            "3.14159 1,000,000 0xDEADBEEF 1e-10",
            "it's we'll I'd they've DON'T",
            "a".repeat(300),
            "Ünïcödé ligatures ﬁ ﬂ ½ ² ™ \u00a0 \u200b \ufeff",
            "\u0000 \u0001 \u001f \u007f control",
            "https://example.org/path?query=a%20b&c=d#frag",
            "{\"json\": [1, 2.5, null, true, \"s\"]}",
            "mixed CASE WoRdS_with_under-scores.and.dots");

    private static final List<String> PROMPTS =
            List.of("The capital of France is", "def fibonacci(n):\n", "1 2 3 4 5 6");

    @Test
    void tokensAgree() throws Exception {
        try (LocalEngine engine = EngineFixture.open();
                JniPeerProcess peer = JniPeerProcess.start(TestModel.path())) {
            for (String text : HARD) {
                assertThat(engine.ask(new Query.Tokenize(text, false, true, false))
                                .tokens()
                                .toArray())
                        .as("tokens of %s", text)
                        .isEqualTo(peer.tokenize(text));
            }
        }
    }

    /** Short enough that the two versions' rounding does not tip a balance. */
    @Test
    void greedyTextsAgree() throws Exception {
        try (LocalEngine engine = EngineFixture.open();
                JniPeerProcess peer = JniPeerProcess.start(TestModel.path())) {
            for (String prompt : PROMPTS) {
                Generate request = Generate.of(Prompt.text(prompt))
                        .with(Sampling.greedySampling())
                        .with(Limits.tokens(12));
                assertThat(EngineFixture.run(engine, request).text())
                        .as("continuation of %s", prompt)
                        .isEqualTo(peer.complete(prompt, 12));
            }
        }
    }
}
