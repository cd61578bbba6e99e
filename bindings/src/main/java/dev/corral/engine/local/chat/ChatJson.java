package dev.corral.engine.local.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.corral.engine.InvalidRequestException;
import java.util.ArrayList;
import java.util.List;

/** JSON that goes to and comes from llama.cpp's templates. */
final class ChatJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ChatJson() {}

    /** @throws InvalidRequestException when the field's text is no JSON */
    static JsonNode read(String field, String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new InvalidRequestException(field, json, "must be JSON");
        }
    }

    static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
