package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackedNativesTest {

    private static final String PLATFORM = "linux-x86_64";

    @TempDir
    private Path folder;

    private Path packed = Path.of("");
    private Path cache = Path.of("");

    @BeforeEach
    void pack() throws Exception {
        packed = Files.createDirectories(folder.resolve("classes/dev/corral/natives/" + PLATFORM));
        cache = folder.resolve("cache");
        Files.writeString(packed.resolve("libone.so"), "one");
        Files.writeString(packed.resolve("libtwo.so.0"), "two");
        Files.writeString(packed.resolve("index"), line("one", "libone.so") + line("two", "libtwo.so.0"));
    }

    private static String line(String content, String name) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest) + "  " + name + "\n";
    }

    private Path unpack() throws IOException {
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.resolve("classes").toUri().toURL()}, null)) {
            return PackedNatives.on(loader, PLATFORM).orElseThrow().unpack(cache);
        }
    }

    @Test
    void areUnpackedOnceIntoAFolderOfTheirOwn() throws Exception {
        Path first = unpack();
        assertThat(first.resolve("libone.so")).hasContent("one");
        assertThat(first.resolve("libtwo.so.0")).hasContent("two");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(first)))
                .isEqualTo("rwx------");
        var written = Files.getLastModifiedTime(first.resolve("libone.so"));
        assertThat(unpack()).isEqualTo(first);
        assertThat(Files.getLastModifiedTime(first.resolve("libone.so"))).isEqualTo(written);
        try (Stream<Path> all = Files.list(cache)) {
            assertThat(all).containsExactly(first);
        }
    }

    @Test
    void whatSomebodyChangedIsReplaced() throws Exception {
        Path first = unpack();
        Files.writeString(first.resolve("libone.so"), "evil");
        assertThat(unpack().resolve("libone.so")).hasContent("one");
        Files.delete(first.resolve("libone.so"));
        Files.createSymbolicLink(first.resolve("libone.so"), packed.resolve("libone.so"));
        assertThat(unpack().resolve("libone.so")).hasContent("one");
        assertThat(first.resolve("libone.so")).isRegularFile();
        assertThat(Files.isSymbolicLink(first.resolve("libone.so"))).isFalse();
    }

    @Test
    void whatOthersMayWriteIsNotTrusted() throws Exception {
        Path first = unpack();
        Files.setPosixFilePermissions(first, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(unpack())))
                .isEqualTo("rwx------");
    }

    @Test
    void otherLibrariesHaveAnotherFolder() throws Exception {
        Path first = unpack();
        Files.writeString(packed.resolve("libone.so"), "one, later");
        Files.writeString(packed.resolve("index"), line("one, later", "libone.so"));
        assertThat(unpack()).isNotEqualTo(first);
    }

    @Test
    void aDamagedJarIsRefused() throws Exception {
        Files.writeString(packed.resolve("libone.so"), "onE");
        assertThatThrownBy(this::unpack).isInstanceOf(LlamaException.class).hasMessageContaining("damaged");
    }

    @Test
    void noNameLeadsOutOfTheFolder() throws Exception {
        for (String name : new String[] {"../evil.so", "/evil.so", "a/b.so", ".so", "..", "a\\b.so"}) {
            Files.writeString(packed.resolve("index"), line("one", name));
            assertThatThrownBy(this::unpack)
                    .as(name)
                    .isInstanceOf(LlamaException.class)
                    .hasMessageContaining("malformed");
        }
    }

    @Test
    void anotherPlatformsAreLeftAlone() throws Exception {
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.resolve("classes").toUri().toURL()}, null)) {
            assertThat(PackedNatives.on(loader, "macos-aarch64")).isEmpty();
        }
    }
}
