package dev.corral.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.corral.engine.TokenLogprob;
import dev.corral.server.generation.LogprobsJson;
import dev.corral.server.http.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Log-probabilities in the shape of OpenAI's completions: {@code {"tokens", "token_logprobs", "top_logprobs",
 * "text_offset"}}, arrays of one length, and llama-server's {@code content} beside them.
 *
 * <p>A token's offset is the number of characters (code points) that began before it. A token that is no whole text by
 * itself is named by its bytes, {@code bytes:\xe2\x80}. Made for one text, whose tokens come in one or several parts.
 */
final class TextLogprobs {

    private final int top;
    private int offset;

    /** @param top how many of the likeliest tokens to show */
    TextLogprobs(int top, int offset) {
        this.top = top;
        this.offset = offset;
    }

    /** The next tokens of the text. A logprob that is not a number, that of a first token, is null. */
    ObjectNode next(List<TokenLogprob> tokens) {
        ObjectNode logprobs = Json.object();
        ArrayNode texts = logprobs.putArray("tokens");
        ArrayNode own = logprobs.putArray("token_logprobs");
        ArrayNode likeliest = logprobs.putArray("top_logprobs");
        ArrayNode offsets = logprobs.putArray("text_offset");
        for (TokenLogprob token : tokens) {
            texts.add(text(token));
            offsets.add(Math.max(0, offset));
            offset += characters(token.bytes());
            if (Double.isNaN(token.logprob())) {
                own.addNull();
                likeliest.addNull();
            } else {
                own.add(finite(token.logprob()));
                putTop(likeliest.addObject(), token);
            }
        }
        logprobs.set(
                "content",
                LogprobsJson.LOGARITHMS.toJson(
                        tokens.stream()
                                .filter(token -> !Double.isNaN(token.logprob()))
                                .toList(),
                        top));
        return logprobs;
    }

    /** The likeliest tokens and this one; of several with the same text, the likeliest. */
    private void putTop(ObjectNode target, TokenLogprob token) {
        Map<String, Double> seen = new HashMap<>();
        token.top().stream().limit(top).forEach(likely -> put(target, seen, likely));
        put(target, seen, token);
    }

    private static void put(ObjectNode target, Map<String, Double> seen, TokenLogprob token) {
        String text = text(token);
        double logprob = finite(token.logprob());
        if (seen.merge(text, logprob, Math::max) == logprob) {
            target.put(text, logprob);
        }
    }

    /** Characters that begin in these bytes. */
    static int characters(List<Integer> bytes) {
        return (int) bytes.stream().filter(unit -> (unit & 0xC0) != 0x80).count();
    }

    private static String text(TokenLogprob token) {
        byte[] bytes = bytes(token);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder escaped = new StringBuilder("bytes:");
            for (byte unit : bytes) {
                escaped.append("\\x%02x".formatted(Byte.toUnsignedInt(unit)));
            }
            return escaped.toString();
        }
    }

    static byte[] bytes(TokenLogprob token) {
        byte[] bytes = new byte[token.bytes().size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = token.bytes().get(i).byteValue();
        }
        return bytes;
    }

    /** JSON has no infinity; the logarithm of nothing becomes the least number, as llama-server has it. */
    private static double finite(double logprob) {
        return Math.max(logprob, -Float.MAX_VALUE);
    }
}
