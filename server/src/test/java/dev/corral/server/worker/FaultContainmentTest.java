package dev.corral.server.worker;

import static dev.corral.server.worker.TinyModel.endless;
import static dev.corral.server.worker.TinyModel.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.corral.engine.Capability;
import dev.corral.engine.Engine;
import dev.corral.engine.EngineError;
import dev.corral.engine.EngineException;
import dev.corral.engine.Event;
import dev.corral.engine.Generate;
import dev.corral.engine.Generation;
import dev.corral.engine.Grammar;
import dev.corral.engine.Limits;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import dev.corral.engine.Tools;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.options.LocalEngineOptions;
import dev.corral.testing.Recipe;
import dev.corral.testing.TinyImages;
import dev.corral.testing.TinyModels;
import dev.corral.testing.TinyProjectors;
import dev.corral.testing.TinyVocabulary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * With Corral's checks out of the way, a request that kills llama.cpp kills one worker: it fails with a typed error, and so
 * does what was there with it; the worker comes back, and a request to a second model does not notice. With the checks, the
 * same request is refused or answered. The rows are those of the list of requests that kill it.
 */
@DisabledOnOs(OS.WINDOWS)
class FaultContainmentTest {

    private static final String STORY = "the cat sat on the mat and the dog ran to the red house ".repeat(40);

    private static final String STATE = "story";

    @TempDir
    private static Path livingFolder;

    private static WorkerEngine living;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() throws InterruptedException {
        living = WorkerEngine.open(options(TinyModels.llama(livingFolder), "living"), _ -> {});
    }

    @AfterAll
    static void close() {
        living.close();
    }

    /** A message of the engine. */
    private sealed interface Request {
        record Generating(Generate request) implements Request {}

        record Asking(Query<?> query) implements Request {}
    }

    /**
     * @param call what llama.cpp does with it, unchecked
     * @param answer what becomes of it when it is checked; empty for an answer
     */
    private record Row(
            String name,
            UncheckedCall call,
            Function<Path, Path> model,
            Request request,
            Optional<Class<? extends EngineError>> answer) {

        @Override
        public String toString() {
            return name;
        }
    }

    private static Row refused(String name, UncheckedCall call, Grammar grammar) {
        return new Row(
                name,
                call,
                TinyModels::llama,
                new Request.Generating(greedy("x", 2).with(grammar)),
                Optional.of(EngineError.Invalid.class));
    }

    private static Row answered(String name, UncheckedCall call, Function<Path, Path> model, Generate request) {
        return new Row(name, call, model, new Request.Generating(request), Optional.empty());
    }

    private static Path splitsByRegex(Path folder) {
        return TinyModels.llama(folder, Recipe.named("tiny-pairs").withVocabulary(TinyVocabulary.bytePair("gpt-4o")));
    }

    static Stream<Row> rows() {
        StringBuilder chain = new StringBuilder("root ::= r0\n");
        for (int i = 0; i < 100_000; i++) {
            chain.append('r').append(i).append(" ::= r").append(i + 1).append('\n');
        }
        String nested = "{\"items\": ".repeat(20_000) + "{}" + "}".repeat(20_000);
        String deep = "(".repeat(100_000) + "\"a\"" + ")".repeat(100_000);
        return Stream.of(
                new Row(
                        "row 1, an unbroken run of letters",
                        UncheckedCall.TOKENIZE,
                        FaultContainmentTest::splitsByRegex,
                        new Request.Generating(greedy("a".repeat(500_000), 2)),
                        Optional.of(EngineError.Invalid.class)),
                refused("row 2, a nested grammar", UncheckedCall.PARSE_GRAMMAR, new Grammar.Gbnf("root ::= " + deep)),
                refused(
                        "row 3, a chain of rules",
                        UncheckedCall.PARSE_GRAMMAR,
                        new Grammar.Gbnf(chain.append("r100000 ::= \"a\"\n").toString())),
                refused(
                        "row 4, a pattern with a quantifier after nothing",
                        UncheckedCall.CONVERT_SCHEMA,
                        new Grammar.JsonSchema("{\"type\": \"string\", \"pattern\": \"^*a$\"}")),
                refused("row 5, a nested schema", UncheckedCall.CONVERT_SCHEMA, new Grammar.JsonSchema(nested)),
                new Row(
                        "row 5, nested tools",
                        UncheckedCall.READ_TOOLS,
                        TinyModels::llama,
                        new Request.Asking(withTools(nested)),
                        Optional.of(EngineError.Invalid.class)),
                answered(
                        "row 6, a token that the grammar forbids",
                        UncheckedCall.ACCEPT_WHAT_IS_FORBIDDEN,
                        TinyModels::llama,
                        greedy("the cat", 8).with(new Grammar.Gbnf("root ::= \"dog\""))),
                refused(
                        "row 7, an invalid regex as a trigger",
                        UncheckedCall.COMPILE_TRIGGER,
                        new Grammar.Lazy("root ::= \"a\"", List.of(new Grammar.Trigger.Pattern("[z-a")))),
                refused(
                        "row 8, llguidance",
                        UncheckedCall.USE_GRAMMAR,
                        new Grammar.Gbnf("%llguidance {}\nstart: \"a\"")),
                new Row(
                        "row 9, a token that does not exist",
                        UncheckedCall.SHOW_TOKEN,
                        TinyModels::llama,
                        new Request.Asking(new Query.Detokenize(Tokens.of(1 << 30), false)),
                        Optional.of(EngineError.Invalid.class)),
                refused("row 10, a malformed grammar", UncheckedCall.USE_GRAMMAR, new Grammar.Gbnf("root ::= (")),
                answered(
                        "row 11, more tokens than a batch holds",
                        UncheckedCall.DECODE_AT_ONCE,
                        TinyModels::llama,
                        greedy(STORY, 2)),
                new Row(
                        "row 12, an encoder's input that is longer than a micro-batch",
                        UncheckedCall.ENCODE_AT_ONCE,
                        TinyModels::bert,
                        new Request.Asking(Query.Embed.of(List.of(Prompt.text(STORY)))),
                        Optional.of(EngineError.InputTooLong.class)),
                answered(
                        "row 13, a shift of memory that can't",
                        UncheckedCall.SHIFT_CONTEXT,
                        TinyModels::multiAxis,
                        greedy("the cat", 2).with(Limits.tokens(2).shiftingContext(new Limits.ContextShift(4, 2)))),
                answered(
                        "row 14, sequences beyond those of the context",
                        UncheckedCall.COPY_SEQUENCES,
                        TinyModels::llama,
                        greedy("the cat", 1).completions(128)),
                image("row 15, an image to a model without eyes", TinyImages.png(1, 4, 4), TinyModels::llama),
                answered(
                        "row 16, memory that is not there", UncheckedCall.BE_KILLED, TinyModels::llama, greedy("x", 2)),
                answered("row 17, an abort", UncheckedCall.ABORT, TinyModels::llama, greedy("x", 2)),
                answered(
                        "row 18, a length that overflows an int",
                        UncheckedCall.OVERFLOW_LENGTH,
                        TinyModels::llama,
                        greedy("the cat", 2)),
                new Row(
                        "row 20, a saved state that is damaged",
                        UncheckedCall.LOAD_STATE,
                        FaultContainmentTest::withDamagedState,
                        new Request.Asking(new Query.RestoreSlot(0, STATE)),
                        Optional.of(EngineError.Invalid.class)));
    }

    private static Row image(String name, byte[] image, Function<Path, Path> model) {
        return answered(
                name,
                UncheckedCall.SHOW_IMAGE,
                model,
                greedy(Base64.getEncoder().encodeToString(image), 2));
    }

    private static Path seeing(Path folder) {
        TinyProjectors.llava(folder);
        return TinyModels.llama(folder);
    }

    private static Query<?> withTools(String parameters) {
        String tools =
                "[{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": " + parameters + "}}]";
        return new Query.ApplyTemplate(
                "[{\"role\": \"user\", \"content\": \"x\"}]",
                Optional.of(new Tools(tools, Tools.Choice.AUTO, Optional.empty())),
                Optional.empty(),
                true,
                false,
                false,
                Optional.empty());
    }

    /** llama.cpp's file of a sequence whose count of cells says more than the context has. */
    private static Path withDamagedState(Path folder) {
        ByteBuffer state = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        state.putInt(0x67677371).putInt(3).putInt(1).putInt(5).putInt(100);
        try {
            Files.write(folder.resolve(STATE), state.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return TinyModels.mamba(folder);
    }

    private static void awaitDelta(Generation generation) throws InterruptedException {
        while (!(generation.next() instanceof Event.Delta)) {
            assertThat(generation.ended()).isFalse();
        }
    }

    private static Optional<EngineError> errorOf(Engine engine, Request request) throws InterruptedException {
        try {
            switch (request) {
                case Request.Asking(Query<?> query) -> engine.ask(query);
                case Request.Generating(Generate generate) -> EngineFixture.runAll(engine, generate);
            }
            return Optional.empty();
        } catch (EngineException e) {
            return Optional.of(e.error());
        }
    }

    private static LocalEngineOptions options(Path model, String name) {
        return TinyModel.options(model)
                .contextSize(8192)
                .microBatchSize(64)
                .slotFolder(model.getParent())
                .name(name)
                .build();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    @Timeout(120)
    void isContained(Row row) throws Exception {
        assumeTrue(row.call().isPossibleHere());
        Path model = row.model().apply(folder);
        Path off = folder.resolve("off");
        try (WorkerEngine dying = WorkerEngine.open(
                        UncheckedWorker.start(row.call(), model, off), options(model, "dying"), _ -> {});
                Generation other = living.submit(endless("Somebody else"))) {
            awaitDelta(other);
            Optional<Generation> beside = dying.model().can(Capability.GENERATE)
                    ? Optional.of(dying.submit(endless("In it")))
                    : Optional.empty();
            if (beside.isPresent()) {
                awaitDelta(beside.get());
            }
            long pid = dying.pid();
            long unharmed = living.pid();
            Files.createFile(off);
            assertThat(errorOf(dying, row.request())).contains(new EngineError.EngineDied());
            if (beside.isPresent()) {
                Event last = beside.get().next();
                while (!beside.get().ended()) {
                    last = beside.get().next();
                }
                assertThat(last).isEqualTo(new Event.Failed(new EngineError.EngineDied()));
            }
            while (dying.pid() == pid || !dying.ready()) {
                LockSupport.parkNanos(5_000_000);
            }
            long fresh = dying.pid();
            Optional<EngineError> checked = errorOf(dying, row.request());
            assertThat(checked.<Class<?>>map(EngineError::getClass))
                    .as("%s", checked)
                    .isEqualTo(row.answer());
            assertThat(dying.pid()).isEqualTo(fresh);
            awaitDelta(other);
            assertThat(living.pid()).isEqualTo(unharmed);
            Files.deleteIfExists(record(pid));
        }
    }

    private static Path record(long pid) {
        return Path.of(System.getProperty("java.io.tmpdir"), "corral-worker-" + pid + ".log");
    }

    static Stream<Row> harmless() {
        String groups = "(".repeat(100_000) + "a" + ")".repeat(100_000);
        return Stream.of(
                refused(
                        "row 4, a pattern that nests",
                        UncheckedCall.CONVERT_SCHEMA,
                        new Grammar.JsonSchema("{\"type\": \"string\", \"pattern\": \"^" + groups + "$\"}")),
                image("row 15, an empty image", new byte[0], FaultContainmentTest::seeing),
                image(
                        "row 15, a huge image",
                        TinyImages.png(120_000, 120_000, new byte[16]),
                        FaultContainmentTest::seeing),
                image(
                        "row 15, an image of an odd shape",
                        TinyImages.png(1, 20_000, new byte[20_000 * 4]),
                        FaultContainmentTest::seeing));
    }

    /** What this release of llama.cpp refuses or takes by itself: a later one, or another projector, may not. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("harmless")
    @Timeout(120)
    void isSurvivedByLlamaCppItself(Row row) throws Exception {
        assumeTrue(row.call().isPossibleHere());
        Path model = row.model().apply(folder);
        Path off = folder.resolve("off");
        try (WorkerEngine surviving = WorkerEngine.open(
                UncheckedWorker.start(row.call(), model, off), options(model, "surviving"), _ -> {})) {
            long pid = surviving.pid();
            Files.createFile(off);
            assertThat(errorOf(surviving, row.request()).<Class<?>>map(EngineError::getClass))
                    .isEqualTo(row.answer());
            assertThat(surviving.pid()).isEqualTo(pid);
            assertThat(surviving.ready()).isTrue();
        }
    }

    /** Row 19: a file that lies. */
    @Test
    @Timeout(120)
    void aModelThatEndsItsWorkerIsAnError() throws Exception {
        Path model = TinyModels.llamaFile(Recipe.named("lying"))
                .put("llama.rope.scaling.type", "magic")
                .write(folder.resolve("lying.gguf"));
        WorkerProcess unchecked = WorkerProcess.start(WorkerMain.class, List.of("-Dcorral.gguf.unchecked=true"));
        long pid = unchecked.pid();
        try (Generation other = living.submit(endless("Somebody else"))) {
            awaitDelta(other);
            assertThatIllegalStateException()
                    .isThrownBy(() -> WorkerEngine.open(unchecked, options(model, "lying"), _ -> {}))
                    .withMessageStartingWith("the worker died while it loaded the model: it ");
            awaitDelta(other);
            Files.deleteIfExists(record(pid));
        }
    }
}
