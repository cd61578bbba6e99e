package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.llama.LlamaException.Code;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(QuietNativeLog.class)
class GrammarTest {

    private final Model model = SmolModel.open();
    private final Vocabulary vocabulary = model.vocabulary();
    private final Context context = model.newContext(SmolModel.options().build());
    private final Batch batch = new Batch(256);
    private final SamplingRows rows = new SamplingRows(1, 0);

    @AfterEach
    void close() {
        rows.close();
        batch.close();
        model.close();
    }

    /** Greedy text under a grammar, until the model ends it. */
    private String generate(String prompt, Grammar grammar, int most) {
        context.memory().clear();
        int[] tokens = vocabulary.tokenize(prompt, true, true);
        int output = SmolModel.decode(context, batch, tokens, 0, 0);
        StringBuilder text = new StringBuilder();
        try (SamplerChain chain = SamplerChain.builder(vocabulary).greedy().build()) {
            for (int i = 0; i < most; i++) {
                rows.clear();
                rows.add(chain, grammar, output, 0, false);
                assertThat(rows.sample(context)).as(() -> rows.message(0)).isZero();
                int token = rows.token(0);
                if (vocabulary.isEndOfGeneration(token)) {
                    return text.toString();
                }
                text.append(new String(vocabulary.piece(token, false), StandardCharsets.UTF_8));
                output = SmolModel.decode(context, batch, new int[] {token}, tokens.length + i, 0);
            }
        }
        return text.toString();
    }

    @Test
    void theTextIsWhatTheGrammarAllows() {
        try (Grammar grammar = Grammar.create(vocabulary, "root ::= \"yes\" | \"no\"")) {
            assertThat(generate("Is the sky blue? Answer:", grammar, 20)).isIn("yes", "no");
        }
        try (Grammar grammar = Grammar.create(vocabulary, "start ::= [0-9] [0-9] [0-9]", "start")) {
            assertThat(generate("Say something:", grammar, 20)).matches("[0-9]{3}");
        }
    }

    @Test
    void aSchemaBecomesAGrammar() {
        String gbnf = Grammar.fromJsonSchema("""
                {"type": "object", "properties": {"name": {"enum": ["Ada", "Bob"]}, "old": {"type": "boolean"}},
                 "required": ["name", "old"], "additionalProperties": false}""");
        assertThat(gbnf).contains("root ::=");
        try (Grammar grammar = Grammar.create(vocabulary, gbnf)) {
            assertThat(generate("A person as JSON:", grammar, 60))
                    .matches("\\{\\s*\"name\"\\s*:\\s*\"(Ada|Bob)\"\\s*,\\s*\"old\"\\s*:\\s*(true|false)\\s*}");
        }
    }

    @Test
    void aLazyOneWaitsForItsTrigger() {
        int brace = vocabulary.tokenize("{", false, false)[0];
        int word = vocabulary.tokenize("word", false, false)[0];
        String gbnf = "root ::= \"{\" [0-9]+ \"}\"";
        try (Grammar byToken = Grammar.lazy(vocabulary, gbnf, "root", List.of(), new int[] {brace});
                Grammar byPattern =
                        Grammar.lazy(vocabulary, gbnf, "root", List.of("[\\s\\S]*?(\\{)[\\s\\S]*"), new int[0])) {
            for (Grammar grammar : List.of(byToken, byPattern)) {
                String free = generate("The capital of France is", grammar, 1);
                grammar.reset();
                grammar.accept(word, word);
                assertThat(generate("The capital of France is", grammar, 1)).isEqualTo(free);
                grammar.accept(brace);
                assertThat(generate("The capital of France is", grammar, 8)).matches("[0-9]+}?");
            }
        }
    }

    @Test
    void aCopyHasComeAsFar() {
        try (Grammar grammar = Grammar.create(vocabulary, "root ::= \"a\" \"b\" \"c\"")) {
            grammar.accept(vocabulary.tokenize("a", false, false));
            try (Grammar copy = grammar.copy()) {
                assertThat(generate("x", copy, 5)).isEqualTo("bc");
                assertThat(generate("x", grammar, 5)).isEqualTo("bc");
                grammar.reset();
                assertThat(generate("x", grammar, 5)).isEqualTo("abc");
            }
        }
    }

    @Test
    void aTokenThatItForbidsIsRefused() {
        try (Grammar grammar = Grammar.create(vocabulary, "root ::= \"a\"")) {
            int[] other = vocabulary.tokenize("z", false, false);
            assertThatThrownBy(() -> grammar.accept(other)).isInstanceOf(LlamaException.class);
            assertThatIllegalArgumentException().isThrownBy(() -> grammar.accept(-7));
        }
    }

    @Test
    void aRowWhoseGrammarAllowsNothingFailsAlone() {
        int output = SmolModel.decode(context, batch, vocabulary.tokenize("Hello", true, true), 0, 0);
        try (Grammar ended = Grammar.create(vocabulary, "root ::= \"a\"");
                SamplerChain noEnd = SamplerChain.builder(vocabulary)
                        .logitBias(ends(), forbidden(ends().length))
                        .greedy()
                        .build();
                SamplerChain greedy = SamplerChain.builder(vocabulary).greedy().build();
                SamplingRows two = new SamplingRows(2, 0)) {
            ended.accept(vocabulary.tokenize("a", false, false));
            int failing = two.add(noEnd, ended, output, 0, false);
            int other = two.add(greedy, null, output, 0, false);

            assertThat(two.sample(context)).isEqualTo(1);
            assertThat(two.failed(failing)).isTrue();
            assertThat(two.message(failing)).isNotBlank();
            assertThat(two.failure(failing).code()).isEqualTo(Code.INVALID_ARGUMENT);
            assertThat(two.failed(other)).isFalse();
            assertThat(two.token(other)).isEqualTo(SmolModel.likeliest(SmolModel.logits(context, output)));
        }
    }

    private int[] ends() {
        return IntStream.range(0, vocabulary.size())
                .filter(vocabulary::isEndOfGeneration)
                .toArray();
    }

    private static float[] forbidden(int count) {
        float[] biases = new float[count];
        Arrays.fill(biases, Float.NEGATIVE_INFINITY);
        return biases;
    }

    @ParameterizedTest
    @ValueSource(strings = {"root ::= \"unclosed", "root ::= missing", "no rules", "%llguidance {}"})
    void aMalformedOneIsRefused(String gbnf) {
        assertThatThrownBy(() -> Grammar.create(vocabulary, gbnf))
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID_ARGUMENT));
    }

    @Test
    void aMalformedSchemaOrPatternIsRefused() {
        assertThatThrownBy(() -> Grammar.fromJsonSchema("{\"type\": ")).isInstanceOf(LlamaException.class);
        assertThatThrownBy(() -> Grammar.lazy(vocabulary, "root ::= \"a\"", "root", List.of("(["), new int[0]))
                .isInstanceOf(LlamaException.class);
        assertThatThrownBy(() -> Grammar.create(vocabulary, "root ::= \"a\u0000\""))
                .isInstanceOf(LlamaException.class)
                .hasMessageContaining("NUL");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Grammar.lazy(vocabulary, "root ::= \"a\"", "root", List.of(), new int[] {-1}));
    }

    @Test
    void closesTwiceAndRefusesUseAfterwards() {
        Grammar grammar = Grammar.create(vocabulary, "root ::= \"a\"");
        grammar.close();
        grammar.close();

        assertThatIllegalStateException().isThrownBy(grammar::copy);
        assertThatIllegalStateException().isThrownBy(grammar::reset);
    }
}
