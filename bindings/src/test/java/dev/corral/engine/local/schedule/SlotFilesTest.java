package dev.corral.engine.local.schedule;

import static dev.corral.engine.local.TinyEngines.alone;
import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.Generate;
import dev.corral.engine.Query;
import dev.corral.engine.Reply;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.testing.TinyModels;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlotFilesTest {

    private static final Generate STORY = greedy("remember this: the cat sat on the mat and the dog ran", 6);

    @TempDir
    private Path folder;

    private Path slots;
    private Path model;

    @BeforeEach
    void prepare() throws Exception {
        slots = Files.createDirectories(folder.resolve("slots"));
        model = TinyModels.llama(folder);
    }

    private LocalEngine open() {
        return TinyEngines.open(model, options -> options.slots(2).slotFolder(slots));
    }

    @Test
    void aSavedSlotComesBackInAnotherEngine() throws Exception {
        Reply.SlotStored saved;
        String text;
        try (LocalEngine engine = open()) {
            text = EngineFixture.run(engine, STORY.with(new Generate.Cache(true, 1)))
                    .text();
            saved = engine.ask(new Query.SaveSlot(1, "story"));
            assertThat(saved.tokens()).isGreaterThan(20);
            assertThat(saved.bytes()).isEqualTo(Files.size(slots.resolve("story")));
        }
        try (LocalEngine engine = open()) {
            Reply.SlotStored restored = engine.ask(new Query.RestoreSlot(0, "story"));
            assertThat(restored.tokens()).isEqualTo(saved.tokens());
            Answer answer = EngineFixture.run(engine, STORY);
            assertThat(answer.text()).isEqualTo(text).isEqualTo(alone(engine, STORY));
            assertThat(answer.cachedTokens())
                    .isEqualTo(answer.finished().usage().promptTokens() - 1);
            engine.checkInvariants();
        }
    }

    @Test
    void anErasedSlotIsForgotten() throws Exception {
        try (LocalEngine engine = open()) {
            EngineFixture.run(engine, STORY.with(new Generate.Cache(true, 0)));
            assertThat(engine.ask(new Query.EraseSlot(0)).tokens()).isPositive();
            assertThat(EngineFixture.run(engine, STORY).cachedTokens()).isZero();
            engine.checkInvariants();
        }
    }

    @Test
    void aSlotThatHoldsNothingIsNotSaved() {
        try (LocalEngine engine = open()) {
            assertThatThrownBy(() -> engine.ask(new Query.SaveSlot(0, "empty"))).hasMessageContaining("'id_slot'");
            assertThatThrownBy(() -> engine.ask(new Query.SaveSlot(2, "beyond")))
                    .hasMessageContaining("between 0 and 1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"../story", "/etc/passwd", "a/b", "..", ".hidden", "", "a\u0000b", "a%2e%2e", "nowhere"})
    void namesLeadNowhereElse(String name) {
        try (LocalEngine engine = open()) {
            assertThatThrownBy(() -> engine.ask(new Query.RestoreSlot(0, name))).hasMessageContaining("'filename'");
        }
    }

    @Test
    void linksAreNotFollowed() throws Exception {
        Files.createSymbolicLink(slots.resolve("link"), model);
        try (LocalEngine engine = open()) {
            assertThatThrownBy(() -> engine.ask(new Query.RestoreSlot(0, "link")))
                    .hasMessageContaining("'filename'");
        }
    }

    @Test
    void aDamagedFileIsRefusedAndHarmsNobody() throws Exception {
        try (LocalEngine engine = open()) {
            String text = EngineFixture.run(engine, STORY.with(new Generate.Cache(true, 0)))
                    .text();
            engine.ask(new Query.SaveSlot(0, "story"));
            engine.ask(new Query.EraseSlot(0));
            try (RandomAccessFile bytes =
                    new RandomAccessFile(slots.resolve("story").toFile(), "rw")) {
                bytes.seek(bytes.length() - 100);
                bytes.write(new byte[50]);
            }
            assertThatThrownBy(() -> engine.ask(new Query.RestoreSlot(0, "story")))
                    .hasMessageContaining("'filename'");
            assertThat(EngineFixture.run(engine, STORY).text()).isEqualTo(text);
            engine.checkInvariants();
        }
    }
}
