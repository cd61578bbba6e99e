package dev.corral.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.corral.engine.local.TestModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StreamedChatTest {

    @Test
    void streamsAnAnswer() throws Exception {
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dcorral.native.dir=" + System.getProperty("corral.native.dir"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StreamedChat.class.getName(),
                        TestModel.path().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String answer = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(program.exitValue()).isZero();
        assertThat(answer).isNotBlank();
    }

    @Test
    void standsInTheReadme() throws Exception {
        String source = Files.readString(Path.of("src/test/java/dev/corral/example/StreamedChat.java"));
        String program = source.substring(source.indexOf("import"));
        assertThat(Files.readString(Path.of("../README.md"))).contains(program.strip());
    }
}
