package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.llama.LlamaException.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {

    @TempDir
    Path folder;

    @Test
    void loadsOnceAndSaysWhatItIs() {
        NativeLibrary library = NativeLibrary.load();

        assertThat(NativeLibrary.load()).isSameAs(library);
        assertThat(library.file()).isRegularFile();
        assertThat(library.version()).matches("llama\\.cpp \\d+\\.\\d+.*");
        assertThat(library.systemInfo()).contains("CPU");
        assertThat(library.devices()).anySatisfy(device -> {
            assertThat(device.kind()).isEqualTo(Device.Kind.CPU);
            assertThat(device.totalBytes()).isPositive();
        });
    }

    @Test
    void itsStructsAreThoseOfTheBindings() {
        NativeLibrary.load();

        assertThat(AbiProbe.reported()).containsKeys("llama_batch", "llama_batch.logits", "corral_row.message");
        assertThat(AbiProbe.differences(AbiProbe.reported())).isEmpty();
    }

    @Test
    void anotherSizeOrOffsetIsNamed() {
        NativeLibrary.load();
        Map<String, Long> reported = new LinkedHashMap<>(AbiProbe.reported());
        reported.merge("llama_batch", 8L, Long::sum);
        reported.merge("llama_context_params.ctx_other", -8L, Long::sum);
        reported.merge("llama_model_kv_override.val_str", 1L, Long::sum);
        reported.put("llama_batch.new_field", 0L);
        reported.put("a_struct_that_nobody_uses", 12L);
        reported.remove("corral_error");

        assertThat(AbiProbe.differences(reported))
                .hasSize(5)
                .anyMatch(difference -> difference.startsWith("llama_batch has 64 bytes, the bindings expect 56"))
                .anyMatch(difference -> difference.startsWith("llama_context_params.ctx_other is at byte"))
                .anyMatch(difference -> difference.startsWith("llama_model_kv_override.val_str is at byte"))
                .anyMatch(difference -> difference.equals("llama_batch.new_field is unknown to the bindings"))
                .anyMatch(difference -> difference.equals("the library does not report corral_error"));
    }

    @Test
    void isLookedForWhereItIsNamedFirst() throws IOException {
        Path named = library("named");
        Path variable = library("variable");
        Path nearest = library("project/build/native/lib");
        Path start = Files.createDirectories(folder.resolve("project/a/b"));

        assertThat(NativeDirectory.find(named.toString(), variable.toString(), List.of(start), "lib.so"))
                .isEqualTo(named);
        assertThat(NativeDirectory.find(" ", variable.toString(), List.of(start), "lib.so"))
                .isEqualTo(variable);
        assertThat(NativeDirectory.find(null, null, List.of(start), "lib.so")).isEqualTo(nearest);
    }

    @Test
    void aPackageKeepsItBesideItsJars() throws IOException {
        Path beside = library("package/lib/native");

        assertThat(NativeDirectory.find(null, null, List.of(folder.resolve("package/lib")), "lib.so"))
                .isEqualTo(beside);
        assertThat(NativeDirectory.find(null, null, List.of(folder.resolve("package/bin")), "lib.so"))
                .isEqualTo(beside);
    }

    @Test
    void aMissingOneSaysWhereItWasLookedFor() {
        assertThatThrownBy(() -> NativeDirectory.find(folder.toString(), null, List.of(), "lib.so"))
                .isInstanceOfSatisfying(
                        LlamaException.class, e -> assertThat(e.code()).isEqualTo(Code.LIBRARY))
                .hasMessageContainingAll("-Dcorral.native.dir", folder.toString(), "lib.so");
        assertThatThrownBy(() -> NativeDirectory.find(null, folder.toString(), List.of(), "lib.so"))
                .hasMessageContainingAll("CORRAL_NATIVE_DIR", folder.toString());
        assertThatThrownBy(() -> NativeDirectory.find(null, null, List.of(folder), "no-such-library.so"))
                .hasMessageContainingAll("no-such-library.so", folder.toString(), "CORRAL_NATIVE_DIR");
    }

    @Test
    void aFileThatIsNoLibraryIsNamed() throws Exception {
        Path broken = Files.createDirectories(folder.resolve("broken"));
        Files.writeString(broken.resolve(System.mapLibraryName("corral")), "not a library");

        assertThat(loadInAnotherJvm("-Dcorral.native.dir=" + broken, "--enable-native-access=ALL-UNNAMED"))
                .contains("LlamaException: can't load " + broken);
    }

    @Test
    void withoutNativeAccessTheErrorNamesTheFlag() throws Exception {
        assertThat(loadInAnotherJvm("--illegal-native-access=deny"))
                .contains("LlamaException", "--enable-native-access=ALL-UNNAMED");
    }

    private Path library(String place) throws IOException {
        Path directory = Files.createDirectories(folder.resolve(place));
        Files.createFile(directory.resolve("lib.so"));
        return directory;
    }

    /** Loads the library in a process of its own, and returns what that wrote. */
    private static String loadInAnotherJvm(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dcorral.native.dir=" + NativeLibrary.load().file().getParent());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Loader.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isNotZero();
            return output;
        } finally {
            process.destroyForcibly();
        }
    }

    static final class Loader {
        public static void main(String[] args) {
            NativeLibrary.load();
        }
    }
}
