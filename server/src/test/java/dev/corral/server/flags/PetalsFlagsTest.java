package dev.corral.server.flags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.corral.server.petals.ModelConfig;
import dev.corral.server.petals.PetalsSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Flags of Petals' dialect. */
class PetalsFlagsTest {

    @TempDir
    private Path folder;

    private static PetalsSettings settings(String... flags) {
        return CommandLine.populateCommand(new PetalsFlags(), flags).toSettings();
    }

    @Test
    void withoutAnyAllIsAsPetalsHasIt() {
        assertThat(settings()).isEqualTo(PetalsSettings.STANDARD);
        PetalsSettings other = settings("--petals-max-sessions=2", "--petals-session-timeout=30");
        assertThat(other.maxSessions()).isEqualTo(2);
        assertThat(other.expiry()).isEqualTo(Duration.ofSeconds(30));
    }

    /** The example of the documentation. */
    @Test
    void modelsComeFromAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("models.json"), """
                {
                  "Stable Beluga 2": {
                    "backend": {"repository": "petals-team/StableBeluga2", "aliases": ["stabilityai/StableBeluga2"],
                                "public_api": true},
                    "frontend": {"name": "Stable Beluga 2", "model_card": "https://…", "license": "https://…"},
                    "chat": {"max_session_length": 8192, "sep_token": "###"}
                  },
                  "Guanaco": {"backend": {"repository": "huggyllama/llama-65b", "adapter": "timdettmers/guanaco"}}
                }
                """);
        List<ModelConfig> models = settings("--petals-models", file.toString()).models();
        assertThat(models).extracting(ModelConfig::key).containsExactly("Stable Beluga 2", "Guanaco");
        assertThat(models.getFirst().aliases()).containsExactly("stabilityai/StableBeluga2");
        assertThat(models.getFirst().chat().path("sep_token").textValue()).isEqualTo("###");
        assertThat(models.getLast().adapter()).isEqualTo(Optional.of("timdettmers/guanaco"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{\"a\": 1}", "{\"a\": {}}", "{\"a\": {\"backend\": {}}}"})
    void aFileThatIsWrongIsNamed(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("models.json"), text);
        assertThatThrownBy(() -> settings("--petals-models", file.toString()))
                .isInstanceOf(BadFlag.class)
                .hasMessageContaining("--petals-models " + file + " can't be used");
    }
}
