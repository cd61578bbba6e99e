package dev.corral.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionFunctionTool;
import com.openai.models.chat.completions.ChatCompletionToolChoiceOption;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.corral.server.ToolServer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's own client for Java. */
class OpenAiJavaTest {

    private static OpenAIClient client;

    @BeforeAll
    static void connect() {
        client = OpenAIOkHttpClient.builder()
                .baseUrl(ToolServer.url())
                .apiKey("none")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void disconnect() {
        client.close();
    }

    private static ChatCompletionCreateParams.Builder asking(String text) {
        return ChatCompletionCreateParams.builder()
                .model("default")
                .addUserMessage(text)
                .temperature(0)
                .maxCompletionTokens(96);
    }

    private static ChatCompletionCreateParams weather() {
        return asking("What is the weather in Oslo?")
                .addTool(ChatCompletionFunctionTool.builder()
                        .function(FunctionDefinition.builder()
                                .name("get_weather")
                                .parameters(FunctionParameters.builder()
                                        .putAdditionalProperty("type", JsonValue.from("object"))
                                        .putAdditionalProperty(
                                                "properties",
                                                JsonValue.from(
                                                        Map.of("city", Map.of("type", "string", "maxLength", 12))))
                                        .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                                        .build())
                                .build())
                        .build())
                .toolChoice(ChatCompletionToolChoiceOption.Auto.REQUIRED)
                .parallelToolCalls(false)
                .build();
    }

    @Test
    void chats() {
        ChatCompletion answer =
                client.chat().completions().create(asking("Hello!").build());
        assertThat(answer.choices())
                .singleElement()
                .satisfies(choice -> assertThat(choice.message().content())
                        .hasValueSatisfying(text -> assertThat(text).isNotBlank()));
        assertThat(answer.usage())
                .hasValueSatisfying(
                        usage -> assertThat(usage.completionTokens()).isBetween(1L, 96L));
    }

    @Test
    void streams() {
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(asking("Hello!").build())) {
            chunks.stream().forEach(accumulator::accumulate);
        }
        ChatCompletion whole =
                client.chat().completions().create(asking("Hello!").build());
        assertThat(accumulator.chatCompletion().choices().getFirst().message().content())
                .isEqualTo(whole.choices().getFirst().message().content());
    }

    @Test
    void callsTools() throws Exception {
        ChatCompletion.Choice choice =
                client.chat().completions().create(weather()).choices().getFirst();
        assertThat(choice.finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.TOOL_CALLS);
        var function = choice.message()
                .toolCalls()
                .orElseThrow()
                .getFirst()
                .asFunction()
                .function();
        assertThat(function.name()).isEqualTo("get_weather");
        assertThat(new ObjectMapper().readTree(function.arguments()).fieldNames())
                .toIterable()
                .containsExactly("city");

        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(weather())) {
            chunks.stream().forEach(accumulator::accumulate);
        }
        assertThat(accumulator
                        .chatCompletion()
                        .choices()
                        .getFirst()
                        .message()
                        .toolCalls()
                        .orElseThrow()
                        .getFirst()
                        .asFunction()
                        .function()
                        .arguments())
                .isEqualTo(function.arguments());
    }

    /** What the model is to make up. */
    public static final class Coin {
        public boolean heads;
        public boolean silver;
    }

    @Test
    void answersInAForm() {
        var answer = client.chat()
                .completions()
                .create(asking("Toss a coin.").responseFormat(Coin.class).build());
        assertThat(answer.choices().getFirst().message().content()).isPresent();
    }

    @Test
    void responds() {
        ResponseCreateParams hello = ResponseCreateParams.builder()
                .model("default")
                .input("Hello!")
                .temperature(0)
                .maxOutputTokens(24)
                .build();
        Response response = client.responses().create(hello);
        String text = text(response);
        assertThat(text).isNotBlank();
        StringBuilder streamed = new StringBuilder();
        try (StreamResponse<ResponseStreamEvent> events = client.responses().createStreaming(hello)) {
            events.stream()
                    .flatMap(event -> event.outputTextDelta().stream())
                    .forEach(delta -> streamed.append(delta.delta()));
        }
        assertThat(streamed.toString()).isEqualTo(text);
        assertThat(text(client.responses().retrieve(response.id()))).isEqualTo(text);
    }

    private static String text(Response response) {
        StringBuilder text = new StringBuilder();
        response.output().stream()
                .flatMap(item -> item.message().stream())
                .flatMap(message -> message.content().stream())
                .flatMap(content -> content.outputText().stream())
                .forEach(part -> text.append(part.text()));
        return text.toString();
    }

    @Test
    void completesAndEmbeds() {
        assertThat(client.completions()
                        .create(CompletionCreateParams.builder()
                                .model("default")
                                .prompt("Once upon a time")
                                .maxTokens(8)
                                .temperature(0)
                                .build())
                        .choices()
                        .getFirst()
                        .text())
                .isNotBlank();
        assertThat(client.embeddings()
                        .create(EmbeddingCreateParams.builder()
                                .model("default")
                                .inputOfArrayOfStrings(List.of("A cat", "A dog"))
                                .build())
                        .data())
                .hasSize(2)
                .allSatisfy(each -> assertThat(each.embedding()).hasSize(576));
    }

    @Test
    void learnsOfErrors() {
        assertThatThrownBy(() ->
                        client.chat().completions().create(asking("Hi").topP(7).build()))
                .isInstanceOfSatisfying(
                        BadRequestException.class, e -> assertThat(e.param()).contains("top_p"));
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(asking("Hi").model("gpt-4").build()))
                .isInstanceOf(NotFoundException.class);
    }
}
