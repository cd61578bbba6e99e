package dev.corral.engine.local.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Grammar;
import dev.corral.engine.Grammar.Trigger;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Sampling;
import dev.corral.engine.Sampling.LogitBias;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.LocalEngine;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Grammars at work in an engine: those that wait for a trigger, and those that mean harm. */
class GrammarGenerationTest {

    private static LocalEngine engine;

    @BeforeAll
    static void open() {
        engine = EngineFixture.open();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @AfterEach
    void nothingIsLeftBehind() throws InterruptedException {
        engine.checkInvariants();
        assertThat(engine.stats().running()).isZero();
    }

    /** A text that says " cat" again and again, until a grammar has it say something else. */
    private static Generate cats(Grammar grammar) {
        return Generate.of(Prompt.text("Animals:"))
                .with(Sampling.builder()
                        .temperature(0)
                        .logitBias(List.of(new LogitBias.OfText(" cat", 60)))
                        .build())
                .with(Limits.tokens(24))
                .with(grammar);
    }

    private static String text(Grammar grammar) throws InterruptedException {
        return EngineFixture.run(engine, cats(grammar)).text();
    }

    @Test
    void aTriggerWordOfOneTokenStartsTheGrammarWithItself() throws Exception {
        assertThat(text(new Grammar.Lazy("root ::= \" cat\" \"=\" [0-9]{3} \"!\"", List.of(new Trigger.Word(" cat")))))
                .matches(" cat=[0-9]{3}!");
    }

    @Test
    void aTriggerWordOfSeveralTokensIsFoundInTheText() throws Exception {
        assertThat(text(new Grammar.Lazy(
                        "root ::= \"cat cat\" \"=\" [0-9]{3} \"!\"", List.of(new Trigger.Word("cat cat")))))
                .matches(" cat cat=[0-9]{3}!");
    }

    @Test
    void aTriggerTokenStartsTheGrammar() throws Exception {
        int cat = EngineFixture.run(engine, cats(new Grammar.Gbnf("root ::= \" cat\"")))
                .tokens()
                .getFirst();
        assertThat(text(new Grammar.Lazy("root ::= \" cat\" \" dog\"+ \".\"", List.of(new Trigger.Token(cat)))))
                .startsWith(" cat dog");
    }

    @Test
    void aTriggerPatternStartsTheGrammarAtItsGroup() throws Exception {
        assertThat(text(new Grammar.Lazy(
                        "root ::= \"cat cat\" \"=\" [0-9]{3} \"!\"", List.of(new Trigger.Pattern("cat (cat cat)")))))
                .matches(" cat cat cat=[0-9]{3}!");
        assertThat(text(new Grammar.Lazy(
                        "root ::= \"cat cat\" \"=\" [0-9]{3} \"!\"",
                        List.of(new Trigger.FullPattern("( cat)* (cat cat)")))))
                .as("a group that matches nothing is passed over")
                .matches(" cat cat=[0-9]{3}!");
    }

    @Test
    void withoutItsTriggerALazyGrammarConstrainsNothing() throws Exception {
        assertThat(text(new Grammar.Lazy("root ::= \"x\"", List.of(new Trigger.Word("zebra crossing")))))
                .isEqualTo(" cat".repeat(24));
    }

    @Test
    void hostileGrammarsEndInBoundedWorkAndHarmNobody() throws Exception {
        Generate plain = Generate.of(Prompt.text("Once upon a time")).with(Sampling.greedySampling());
        for (String gbnf : List.of(
                "root ::= [a-h]?{0,99} \"x\"",
                "root ::= ([a-z]* [a-z]*)* \"!\"",
                "root ::= a a a a a a a a a a \"!\"\na ::= ([a-z]+ | [a-z] a)?",
                "root ::= \"a\" root \"a\" | \"a\" root \"b\" | \"a\"",
                "root ::= (([a-z ]? [a-z ]?)? ([a-z ]? [a-z ]?)?){0,40}",
                "root ::= .{0,1999} .{0,1999} .{0,1999}")) {
            try (Generation beside = engine.submit(plain.with(Limits.tokens(12)));
                    Generation hostile =
                            engine.submit(plain.with(new Grammar.Gbnf(gbnf)).with(Limits.tokens(12)))) {
                assertThat(EngineFixture.collect(beside).getFirst().tokens()).hasSize(12);
                try {
                    EngineFixture.collect(hostile);
                } catch (EngineException e) {
                    assertThat(e).hasMessageContaining("grammar");
                }
            }
        }
        Event.Finished finished =
                EngineFixture.run(engine, plain.with(Limits.tokens(3))).finished();
        assertThat(finished.usage().generatedTokens()).isEqualTo(3);
    }
}
