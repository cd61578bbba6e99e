package dev.corral.engine.local.cache;

import static dev.corral.engine.local.TinyEngines.greedy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.engine.EngineException;
import dev.corral.engine.Generate;
import dev.corral.engine.Query;
import dev.corral.engine.local.EngineFixture;
import dev.corral.engine.local.EngineFixture.Answer;
import dev.corral.engine.local.LocalEngine;
import dev.corral.engine.local.TinyEngines;
import dev.corral.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folders that states are kept in, when the system does not do what it should. */
class CacheFolderTest {

    private static final String WORDS = "the cat sat on the mat and the dog ran to the red house ";

    @TempDir
    private Path folder;

    private Path model;
    private Path cache;

    @BeforeEach
    void write() throws IOException {
        model = TinyModels.llama(folder);
        cache = Files.createDirectory(folder.resolve("cache"));
    }

    private LocalEngine open() {
        return TinyEngines.open(
                model,
                options -> options.contextSize(1024).slots(2).cacheFolder(cache).slotFolder(cache));
    }

    private static Generate conversation(int number) {
        return greedy("conversation " + number + " " + WORDS.repeat(4), 8);
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void aFolderThatIsGoneFailsNobody() throws Exception {
        try (LocalEngine engine = open()) {
            String first = EngineFixture.run(engine, conversation(0)).text();
            for (Path file : entries(cache)) {
                Files.delete(file);
            }
            Files.delete(cache);
            Files.createFile(cache);
            for (int i = 1; i < 12; i++) {
                EngineFixture.run(engine, conversation(i));
            }
            Answer again = EngineFixture.run(engine, conversation(0));
            assertThat(again.text()).isEqualTo(first);
            assertThat(again.cachedTokens()).as("kept in memory all the same").isPositive();
            EngineFixture.run(engine, conversation(0).with(new Generate.Cache(true, 0)));
            assertThatThrownBy(() -> engine.ask(new Query.SaveSlot(0, "story")))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("could not be saved");
            engine.checkInvariants();
            Files.delete(cache);
            Files.createDirectory(cache);
            assertThat(engine.ask(new Query.SaveSlot(0, "story")).tokens()).isPositive();
        }
        assertThat(entries(cache))
                .isNotEmpty()
                .noneMatch(file -> file.toString().contains(".part"));
    }

    @Test
    void whatIsIdleAtTheEndIsThereAtTheNextBeginning() throws Exception {
        int conversations = 12;
        try (LocalEngine engine = openWithoutMemory()) {
            for (int i = 0; i < conversations; i++) {
                EngineFixture.run(engine, conversation(i));
            }
            assertThat(engine.stats().cache().idlePrefixes()).isGreaterThan(8);
        }
        try (LocalEngine engine = openWithoutMemory()) {
            for (int i = 0; i < conversations; i++) {
                assertThat(EngineFixture.run(engine, conversation(i)).cachedTokens())
                        .as("conversation " + i)
                        .isGreaterThan(40);
            }
            engine.checkInvariants();
        }
    }

    /** What leaves the cells goes to the folder at once, which its writer can't keep up with. */
    private LocalEngine openWithoutMemory() {
        return TinyEngines.open(
                model,
                options -> options.contextSize(4096)
                        .slots(2)
                        .unifiedCache(true)
                        .cacheRamMiB(0)
                        .cacheFolder(cache));
    }

    @Test
    void aFolderThatCanOnlyBeReadIsRead() throws Exception {
        String text;
        try (LocalEngine engine = open()) {
            text = EngineFixture.run(engine, conversation(0)).text();
        }
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("r-xr-xr-x"));
        try (LocalEngine engine = open()) {
            Assumptions.assumeFalse(Files.isWritable(cache), "who may do everything can't be kept from writing");
            Answer again = EngineFixture.run(engine, conversation(0));
            assertThat(again.text()).isEqualTo(text);
            assertThat(again.cachedTokens()).isPositive();
            EngineFixture.run(engine, conversation(1));
            engine.checkInvariants();
        } finally {
            Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
