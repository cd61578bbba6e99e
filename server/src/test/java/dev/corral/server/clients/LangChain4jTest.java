package dev.corral.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.corral.server.ToolServer;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** LangChain4j's package for OpenAI. */
class LangChain4jTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final ToolSpecification WEATHER = ToolSpecification.builder()
            .name("get_weather")
            .description("Tells the weather")
            .parameters(JsonObjectSchema.builder()
                    .addEnumProperty("city", List.of("Oslo", "Rome"))
                    .required("city")
                    .build())
            .build();

    private static OpenAiChatModel model() {
        return OpenAiChatModel.builder()
                .baseUrl(ToolServer.url())
                .apiKey("none")
                .modelName("default")
                .temperature(0.0)
                .maxCompletionTokens(64)
                .parallelToolCalls(false)
                .maxRetries(0)
                .build();
    }

    private static OpenAiStreamingChatModel streaming() {
        return OpenAiStreamingChatModel.builder()
                .baseUrl(ToolServer.url())
                .apiKey("none")
                .modelName("default")
                .temperature(0.0)
                .maxCompletionTokens(64)
                .parallelToolCalls(false)
                .build();
    }

    private static ChatResponse stream(ChatRequest request, StringBuilder text) throws Exception {
        CompletableFuture<ChatResponse> answer = new CompletableFuture<>();
        streaming().chat(request, new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String partial) {
                text.append(partial);
            }

            @Override
            public void onCompleteResponse(ChatResponse complete) {
                answer.complete(complete);
            }

            @Override
            public void onError(Throwable error) {
                answer.completeExceptionally(error);
            }
        });
        return answer.get(60, TimeUnit.SECONDS);
    }

    @Test
    void chats() throws Exception {
        String answer = model().chat("Hello!");
        assertThat(answer).isNotBlank();
        StringBuilder streamed = new StringBuilder();
        stream(ChatRequest.builder().messages(UserMessage.from("Hello!")).build(), streamed);
        assertThat(streamed.toString()).isEqualTo(answer);
    }

    @Test
    void callsTools() throws Exception {
        List<ChatMessage> messages = new ArrayList<>(List.of(UserMessage.from("What is the weather in Oslo?")));
        ChatRequest request = ChatRequest.builder()
                .messages(messages)
                .toolSpecifications(WEATHER)
                .toolChoice(ToolChoice.REQUIRED)
                .build();
        ChatResponse answer = model().chat(request);
        assertThat(answer.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);
        ToolExecutionRequest call = answer.aiMessage().toolExecutionRequests().getFirst();
        assertThat(call.name()).isEqualTo("get_weather");
        assertThat(JSON.readTree(call.arguments()).path("city").textValue()).isIn("Oslo", "Rome");

        ToolExecutionRequest streamed = stream(request, new StringBuilder())
                .aiMessage()
                .toolExecutionRequests()
                .getFirst();
        assertThat(streamed.arguments()).isEqualTo(call.arguments());

        messages.add(answer.aiMessage());
        messages.add(ToolExecutionResultMessage.from(call, "Sunny"));
        assertThat(model().chat(ChatRequest.builder().messages(messages).build())
                        .aiMessage()
                        .text())
                .isNotBlank();
    }

    @Test
    void answersInAForm() throws Exception {
        ChatResponse answer = model().chat(ChatRequest.builder()
                .messages(UserMessage.from("Toss a coin."))
                .responseFormat(ResponseFormat.builder()
                        .type(ResponseFormatType.JSON)
                        .jsonSchema(JsonSchema.builder()
                                .name("coin")
                                .rootElement(JsonObjectSchema.builder()
                                        .addBooleanProperty("heads")
                                        .required("heads")
                                        .build())
                                .build())
                        .build())
                .build());
        assertThat(JSON.readTree(answer.aiMessage().text()).path("heads").isBoolean())
                .isTrue();
    }

    @Test
    void embeds() {
        OpenAiEmbeddingModel model = OpenAiEmbeddingModel.builder()
                .baseUrl(ToolServer.url())
                .apiKey("none")
                .modelName("default")
                .build();
        assertThat(model.embedAll(List.of(TextSegment.from("A cat"), TextSegment.from("A dog")))
                        .content())
                .hasSize(2)
                .allSatisfy(each -> assertThat(each.dimension()).isEqualTo(576));
    }
}
