package dev.corral.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {

    @TempDir
    private Path root;

    private ModelFolder folder;

    @BeforeEach
    void fill() throws IOException {
        folder = new ModelFolder(root);
        for (String file : List.of(
                "alone.gguf",
                "acme/twins/twins-Q4_0.gguf",
                "acme/twins/twins-Q8_0.gguf",
                "acme/twins/mmproj-twins-F16.gguf",
                "acme/odd/a-model.gguf",
                "acme/parts/p-Q4_0-00001-of-00002.gguf",
                "acme/parts/p-Q4_0-00002-of-00002.gguf",
                "acme/torn/t-Q4_0-00001-of-00002.gguf",
                ".fetch.x/half.gguf",
                "acme/twins/late.gguf.part",
                "notes.txt")) {
            Path path = root.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, file);
        }
    }

    @Test
    void listsModelsThatAreWhole() {
        assertThat(folder.list())
                .extracting(StoredModel::name)
                .containsExactly("acme/odd:a-model", "acme/parts:Q4_0", "acme/twins:Q4_0", "acme/twins:Q8_0", "alone");
        assertThat(new ModelFolder(root.resolve("none")).list()).isEmpty();
    }

    @Test
    void findsByNameAndByFile() {
        assertThat(folder.require("alone").file()).isEqualTo(root.resolve("alone.gguf"));
        assertThat(folder.require("alone.gguf").name()).isEqualTo("alone");
        assertThat(folder.require("acme/odd").name()).isEqualTo("acme/odd:a-model");
        assertThat(folder.require("ACME/twins:q8_0").name()).isEqualTo("acme/twins:Q8_0");
        assertThatThrownBy(() -> folder.require("acme/twins"))
                .hasMessageContaining("may be any of")
                .hasMessageContaining("acme/twins:Q4_0");
        assertThatThrownBy(() -> folder.require("nothing")).hasMessageContaining("there is no model 'nothing'");
        assertThat(folder.find("../" + root.getFileName() + "/alone")).isEmpty();
    }

    @Test
    void removesAllPartsAndTheProjectorWithTheLastModel() {
        folder.remove(folder.require("acme/parts"));
        assertThat(root.resolve("acme/parts")).doesNotExist();
        folder.remove(folder.require("acme/twins:Q4_0"));
        assertThat(root.resolve("acme/twins/mmproj-twins-F16.gguf")).exists();
        folder.remove(folder.require("acme/twins:Q8_0"));
        assertThat(root.resolve("acme/twins/mmproj-twins-F16.gguf")).doesNotExist();
        assertThat(folder.list()).extracting(StoredModel::name).containsExactly("acme/odd:a-model", "alone");
    }
}
