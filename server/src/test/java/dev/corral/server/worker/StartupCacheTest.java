package dev.corral.server.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker's cache of classes is the jar's, or it is not used. */
final class StartupCacheTest {

    @TempDir
    Path folder;

    private Path jar;
    private Path cache;

    @BeforeEach
    void files() throws IOException {
        jar = Files.createFile(folder.resolve("server.jar"));
        cache = Files.createFile(folder.resolve("corral-worker.aot"));
    }

    @Test
    void oneMadeFromTheJarIsUsed() throws IOException {
        age(jar, 2000);
        age(cache, 3000);
        assertThat(WorkerProcess.startupCache(jar)).contains(cache);
    }

    @Test
    void oneOfAnArchiveWhoseFilesHaveOneTimeIsUsed() throws IOException {
        age(jar, 2000);
        age(cache, 2000);
        assertThat(WorkerProcess.startupCache(jar)).contains(cache);
    }

    @Test
    void oneOfAnOlderJarIsNot() throws IOException {
        age(jar, 2000);
        age(cache, 1000);
        assertThat(WorkerProcess.startupCache(jar)).isEmpty();
    }

    @Test
    void oneOfAnOlderLibraryIsNot() throws IOException {
        Path library =
                Files.createFile(Files.createDirectory(folder.resolve("lib")).resolve("corral.jar"));
        age(jar, 1000);
        age(cache, 2000);
        age(library, 2000);
        assertThat(WorkerProcess.startupCache(jar)).contains(cache);
        age(library, 3000);
        assertThat(WorkerProcess.startupCache(jar)).isEmpty();
    }

    @Test
    void noneIsNone() throws IOException {
        Files.delete(cache);
        assertThat(WorkerProcess.startupCache(jar)).isEmpty();
    }

    private static void age(Path file, long millis) throws IOException {
        Files.setLastModifiedTime(file, FileTime.fromMillis(millis));
    }
}
