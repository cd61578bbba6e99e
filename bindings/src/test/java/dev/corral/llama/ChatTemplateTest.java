package dev.corral.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietNativeLog.class)
class ChatTemplateTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HI = "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi \\u0041 😀\"}]}";

    private final Model model = Model.open(
            SmolModel.path(), ModelOptions.builder().vocabularyOnly(true).build());

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void rendersTheModelsOwnTemplate() throws Exception {
        try (ChatTemplate template = model.chatTemplate()) {
            assertThat(JSON.readTree(template.describe()).get("source").asText())
                    .contains("<|im_start|>");
            assertThat(JSON.readTree(template.apply(HI)).get("prompt").asText())
                    .endsWith("<|im_start|>user\nHi A 😀<|im_end|>\n<|im_start|>assistant\n");
        }
    }

    @Test
    void rendersAnotherOneInItsPlace() throws Exception {
        String source = "{% for message in messages %}[{{ message.role }}]{{ message.content }}{% endfor %}";
        try (ChatTemplate template = model.chatTemplate(Optional.of(source))) {
            assertThat(JSON.readTree(template.apply(HI)).get("prompt").asText()).startsWith("[user]Hi A 😀");
        }
    }

    @Test
    void readsBackWhatTheModelWrote() throws Exception {
        try (ChatTemplate template = model.chatTemplate()) {
            JsonNode applied = JSON.readTree(template.apply(HI));
            ObjectNode request =
                    JSON.createObjectNode().put("text", "Hello there").put("partial", false);
            for (String field : List.of("format", "parser", "generation_prompt")) {
                request.set(field, applied.get(field));
            }
            JsonNode message = JSON.readTree(ChatTemplate.parse(request.toString()));

            assertThat(message.get("role").asText()).isEqualTo("assistant");
            assertThat(message.get("content").asText()).isEqualTo("Hello there");
        }
    }

    @Test
    void whatIsMalformedIsRefused() {
        try (ChatTemplate template = model.chatTemplate()) {
            assertThatThrownBy(() -> template.apply("{\"messages\": ")).isInstanceOf(LlamaException.class);
            assertThatThrownBy(() -> template.apply("{}")).isInstanceOf(LlamaException.class);
            assertThatThrownBy(() -> ChatTemplate.parse("[]")).isInstanceOf(LlamaException.class);
            assertThatThrownBy(() -> model.chatTemplate(Optional.of("{% for %}")))
                    .isInstanceOf(LlamaException.class);
            assertThatThrownBy(() -> template.apply("{}\0"))
                    .isInstanceOf(LlamaException.class)
                    .hasMessageContaining("NUL character at index 2");
        }
    }

    @Test
    void isForSeveralThreads() throws Exception {
        try (ChatTemplate template = model.chatTemplate();
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            String expected = template.apply(HI);
            List<Future<String>> results = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                results.add(threads.submit(() -> template.apply(HI)));
            }
            for (Future<String> result : results) {
                assertThat(result.get()).isEqualTo(expected);
            }
        }
    }

    @Test
    void closesTwiceAndRefusesUseAfterwards() {
        ChatTemplate template = model.chatTemplate();
        template.close();
        template.close();

        assertThatIllegalStateException().isThrownBy(template::describe).withMessageContaining("closed");
        assertThatIllegalStateException().isThrownBy(() -> template.apply(HI));
    }
}
