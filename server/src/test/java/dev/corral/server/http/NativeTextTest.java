package dev.corral.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeTextTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "failed at 0x7f00deadbeef | failed at [address]",
                "can't open /home/me/models/a.gguf: No such file | can't open [path]: No such file",
                "can't open '/a/b.gguf' | can't open '[path]'",
                "src/llama.cpp:120: GGML_ASSERT(x) | src/llama.cpp:120: GGML_ASSERT(x)",
                "/build/llama.cpp/src/llama.cpp:120: GGML_ASSERT | [path]:120: GGML_ASSERT",
                "C:\\Users\\me\\a.gguf is gone | [path] is gone",
                "rule is and/or, 3/4 or 0x1F | rule is and/or, 3/4 or 0x1F",
                "GET /health is fine | GET /health is fine",
                "n_batch = 512 / 4 | n_batch = 512 / 4"
            })
    void losesAddressesAndPaths(String said, String shown) {
        assertThat(NativeText.scrubbed(said)).isEqualTo(shown);
    }
}
