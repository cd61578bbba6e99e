package dev.corral.engine.local.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Grammar;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Query.ApplyTemplate;
import dev.corral.engine.Query.ReadMessage;
import dev.corral.engine.Reply.Message;
import dev.corral.engine.Reply.Templated;
import dev.corral.engine.ToolCall;
import dev.corral.engine.Tools;
import dev.corral.engine.local.TestModel;
import dev.corral.engine.local.sampling.Grammars;
import dev.corral.llama.ChatTemplate;
import dev.corral.llama.Model;
import dev.corral.llama.ModelOptions;
import dev.corral.testing.ToolTemplate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of tools, schemas and thoughts in a template, and how answers are read. */
class ChatTemplatesTest {

    private static final Model MODEL = Model.open(
            TestModel.path(), ModelOptions.builder().vocabularyOnly(true).build());
    private static final String USER = "[{\"role\": \"user\", \"content\": \"What is the weather in Oslo?\"}]";
    private static final String WEATHER = "[{\"type\": \"function\", \"function\": {\"name\": \"weather\","
            + " \"description\": \"Tells it\", \"parameters\": {\"type\": \"object\", \"properties\": {\"city\":"
            + " {\"type\": \"string\"}}, \"required\": [\"city\"]}}}]";
    private static final String SCHEMA = "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"integer\"}},"
            + " \"required\": [\"a\"], \"additionalProperties\": false}";
    private static final String CALL =
            "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>";

    @AfterAll
    static void close() {
        MODEL.close();
    }

    private static ChatTemplates templates(String source) {
        return new ChatTemplates(MODEL.chatTemplate(Optional.of(source)), MODEL.vocabulary());
    }

    private static ApplyTemplate query(Tools.Choice choice, boolean reasoning, Optional<Grammar> grammar) {
        return new ApplyTemplate(
                USER,
                Optional.of(new Tools(WEATHER, choice, Optional.empty())),
                grammar,
                true,
                false,
                reasoning,
                Optional.empty());
    }

    private static ApplyTemplate answering(boolean reasoning, Optional<Grammar> grammar) {
        return new ApplyTemplate(USER, Optional.empty(), grammar, true, false, reasoning, Optional.empty());
    }

    private static Message read(Templated templated, String text, boolean partial) {
        return AnswerFormat.read(new ReadMessage(templated.format().orElseThrow(), text, partial));
    }

    /** How much of a text the grammar of a template's answers allows; -1 for all of it, with nothing more needed. */
    private static int refusedAt(Templated templated, String text) {
        Grammars grammars = new Grammars(MODEL.vocabulary());
        int[] tokens = MODEL.vocabulary().tokenize(text, false, true);
        try (dev.corral.llama.Grammar grammar = grammars.create(templated.grammar())) {
            for (int i = 0; i < tokens.length; i++) {
                try {
                    grammar.accept(tokens[i]);
                } catch (RuntimeException e) {
                    return i;
                }
            }
            grammar.accept(MODEL.vocabulary().eos().orElseThrow());
            return -1;
        } catch (dev.corral.llama.LlamaException e) {
            return tokens.length;
        }
    }

    @Test
    void anAnswerThatIsContentAsItStandsNeedsNoReader() {
        String plain = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
                + "{% if add_generation_prompt %}[assistant]{% endif %}";
        assertThat(templates(plain).apply(answering(true, Optional.empty())).format())
                .isEmpty();
        assertThat(templates(ToolTemplate.PLAIN)
                        .apply(answering(true, Optional.empty()))
                        .format())
                .isEmpty();
        assertThat(templates(ToolTemplate.THINKING)
                        .apply(answering(true, Optional.empty()))
                        .format())
                .isPresent();
    }

    @Test
    void thoughtsAreToldApart() {
        Templated templated = templates(ToolTemplate.THINKING).apply(answering(true, Optional.empty()));
        assertThat(read(templated, "<think>\nHm.\n</think>\n\nSun", false))
                .isEqualTo(new Message("Hm.\n", "Sun", List.of()));
        assertThat(read(templated, "<think>\nHm", true)).isEqualTo(new Message("Hm", "", List.of()));
        assertThat(read(templated, "Sun", false)).isEqualTo(new Message("", "Sun", List.of()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void callsAreReadWhileTheyCome(boolean thinking) {
        Templated templated = templates(thinking ? ToolTemplate.THINKING : ToolTemplate.PLAIN)
                .apply(query(Tools.Choice.AUTO, true, Optional.empty()));
        assertThat(templated.prompt()).contains("\"weather\"");
        assertThat(templated.grammar()).get().isInstanceOf(Grammar.Lazy.class);
        Message message = read(templated, "Let me see.\n" + CALL, false);
        assertThat(message.content().strip()).isEqualTo("Let me see.");
        assertThat(message.calls()).singleElement().satisfies(call -> {
            assertThat(call.name()).isEqualTo("weather");
            assertThat(ChatJson.read("a", call.arguments()).path("city").asText())
                    .isEqualTo("Oslo");
        });
        String known = "";
        for (int length = 0; length <= CALL.length(); length++) {
            List<ToolCall> calls =
                    read(templated, CALL.substring(0, length), true).calls();
            String arguments = calls.isEmpty() ? "" : calls.getFirst().arguments();
            assertThat(arguments).as("after %s", CALL.substring(0, length)).startsWith(known);
            known = arguments;
        }
        assertThat(known).contains("Oslo");
    }

    @Test
    void aCallThatIsRequiredIsAllThereMayBe() {
        Templated templated = templates(ToolTemplate.PLAIN).apply(query(Tools.Choice.REQUIRED, true, Optional.empty()));
        assertThat(refusedAt(templated, "Let me see.\n" + CALL)).isZero();
        assertThat(refusedAt(templated, "")).isZero();
        assertThat(refusedAt(templated, CALL)).isEqualTo(-1);
        assertThat(refusedAt(templated, CALL.replace("weather", "whether"))).isNotEqualTo(-1);
        assertThat(refusedAt(templated, CALL.replace("city", "town"))).isNotEqualTo(-1);
        assertThat(refusedAt(templated, "It is sunny.")).isNotEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Tools.Choice.class,
            names = {"AUTO", "REQUIRED"})
    void callsAreAsManyAsMayBe(Tools.Choice choice) {
        for (boolean parallel : List.of(true, false)) {
            ApplyTemplate query = new ApplyTemplate(
                    USER,
                    Optional.of(new Tools(WEATHER, choice, Optional.of(parallel))),
                    Optional.empty(),
                    true,
                    false,
                    true,
                    Optional.empty());
            Templated templated = templates(ToolTemplate.THINKING).apply(query);
            assertThat(refusedAt(templated, CALL)).isEqualTo(-1);
            assertThat(refusedAt(templated, CALL + "\n" + CALL) == -1).isEqualTo(parallel);
        }
    }

    @Test
    void aModelMayThinkBeforeItCalls() {
        Templated templated =
                templates(ToolTemplate.THINKING).apply(query(Tools.Choice.REQUIRED, true, Optional.empty()));
        assertThat(refusedAt(templated, "<think>\nHm.\n</think>\n\n" + CALL)).isEqualTo(-1);
        assertThat(refusedAt(templated, "<think>\nHm.\n</think>\n\nSun")).isNotEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAnswerMayHaveAFormOrBeACall(boolean thinking) {
        Templated templated = templates(thinking ? ToolTemplate.THINKING : ToolTemplate.PLAIN)
                .apply(query(Tools.Choice.AUTO, true, Optional.of(new Grammar.JsonSchema(SCHEMA))));
        assertThat(refusedAt(templated, "{\"a\": 1}")).isEqualTo(-1);
        assertThat(refusedAt(templated, CALL)).isEqualTo(-1);
        assertThat(refusedAt(templated, "")).isNotEqualTo(-1);
        assertThat(refusedAt(templated, "Sun")).isNotEqualTo(-1);
        assertThat(refusedAt(templated, "{\"b\": 1}")).isNotEqualTo(-1);
        assertThat(read(templated, "{\"a\": 1}", false).content()).isEqualTo("{\"a\": 1}");
        assertThat(read(templated, CALL, false).calls()).hasSize(1);
    }

    @Test
    void aFormDoesNotKeepAModelFromThinking() {
        Templated templated =
                templates(ToolTemplate.THINKING).apply(answering(true, Optional.of(new Grammar.JsonSchema(SCHEMA))));
        assertThat(refusedAt(templated, "<think>\nHm.\n</think>\n\n{\"a\": 1}")).isEqualTo(-1);
        assertThat(refusedAt(templated, "<think>\nHm.\n</think>\n\n{\"b\": 1}")).isNotEqualTo(-1);
    }

    @Test
    void whatIsToBlameIsNamed() {
        String pattern =
                "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"string\", \"pattern\": \"^(a$\"}}}";
        blames("json_schema", answering(true, Optional.of(new Grammar.JsonSchema(pattern))));
        blames(
                "tools[0].function.parameters",
                new ApplyTemplate(
                        USER,
                        Optional.of(new Tools(
                                "[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": " + pattern
                                        + "}}]",
                                Tools.Choice.REQUIRED,
                                Optional.empty())),
                        Optional.empty(),
                        true,
                        false,
                        true,
                        Optional.empty()));
    }

    @Test
    void aPatternThatRecursesTooDeeplyIsRefused() {
        String deep = "{\"type\": \"string\", \"pattern\": \"^" + "(".repeat(1000) + ")".repeat(1000) + "$\"}";
        blames(
                "tools[0].function.parameters",
                new ApplyTemplate(
                        USER,
                        Optional.of(new Tools(
                                "[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": " + deep
                                        + "}}]",
                                Tools.Choice.AUTO,
                                Optional.empty())),
                        Optional.empty(),
                        true,
                        false,
                        true,
                        Optional.empty()));
    }

    private static void blames(String field, ApplyTemplate query) {
        ChatTemplates templates = templates(ToolTemplate.THINKING);
        assertThatThrownBy(() -> templates.apply(query))
                .isInstanceOfSatisfying(
                        EngineException.class,
                        e -> assertThat(e.error())
                                .isInstanceOfSatisfying(
                                        EngineError.Invalid.class,
                                        invalid -> assertThat(invalid.field()).isEqualTo(field)));
    }

    @Test
    void aTemplateWithoutToolsSaysSo() {
        try (ChatTemplate own = MODEL.chatTemplate()) {
            ChatTemplates templates = new ChatTemplates(own, MODEL.vocabulary());
            assertThatThrownBy(() -> templates.apply(query(Tools.Choice.AUTO, true, Optional.empty())))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("--chat-template-file");
            assertThat(templates
                            .apply(query(Tools.Choice.NONE, true, Optional.empty()))
                            .prompt())
                    .contains("Oslo");
        }
    }

    @Test
    void whatDoesNotKeepToTheFormatIsContent() {
        Templated templated = templates(ToolTemplate.PLAIN).apply(query(Tools.Choice.AUTO, true, Optional.empty()));
        String deep = "<tool_call>\n{\"name\": \"weather\", \"arguments\": " + "[".repeat(100_000);
        assertThat(read(templated, deep, false)).isEqualTo(new Message("", deep, List.of()));
        assertThat(read(templated, deep, true)).isEqualTo(Message.EMPTY);
    }

    static Stream<Path> llamaCppTemplates() {
        Path folder = Path.of("../build/native/llama.cpp/models/templates");
        if (!Files.isDirectory(folder)) {
            return Stream.of(Path.of("none"));
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jinja")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("llamaCppTemplates")
    void aGrammarGoesOnFromTheOpeningOfTheAnswer(Path file) throws IOException {
        Assumptions.assumeTrue(Files.exists(file));
        ChatTemplates templates = templates(Files.readString(file));
        Grammars grammars = new Grammars(MODEL.vocabulary());
        if (templates.capabilities().getOrDefault("supports_tool_calls", false)) {
            Templated required = templates.apply(query(Tools.Choice.REQUIRED, true, Optional.empty()));
            assertThat(required.format()).isPresent();
            try (dev.corral.llama.Grammar grammar = grammars.create(required.grammar())) {
                assertThat(grammar).isNotNull();
            }
            Templated auto = templates.apply(query(Tools.Choice.AUTO, true, Optional.empty()));
            try (dev.corral.llama.Grammar grammar = grammars.create(auto.grammar())) {
                assertThat(read(auto, "", true).calls()).isEmpty();
            }
        }
        Templated formed = templates.apply(answering(true, Optional.of(new Grammar.JsonSchema(SCHEMA))));
        try (dev.corral.llama.Grammar grammar = grammars.create(formed.grammar())) {
            assertThat(grammar).isNotNull();
        }
    }
}
