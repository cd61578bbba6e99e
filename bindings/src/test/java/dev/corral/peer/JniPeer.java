package dev.corral.peer;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * The JNI binding in a process of its own, since two copies of llama.cpp don't belong into one. Reads lines {@code
 * tokenize BASE64} and {@code complete COUNT BASE64}, and answers each with one line that begins with {@code =}.
 */
public final class JniPeer {

    private JniPeer() {}

    public static void main(String[] arguments) throws IOException {
        ModelParameters parameters = new ModelParameters()
                .setModel(arguments[0])
                .setCtxSize(1024)
                .setThreads(2)
                .disableLog();
        try (LlamaModel model = new LlamaModel(parameters);
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ", -1);
                System.out.println(
                        "=" + (words[0].equals("tokenize") ? tokenize(model, words) : complete(model, words)));
            }
        }
    }

    private static String tokenize(LlamaModel model, String[] words) {
        return Arrays.toString(model.encode(decoded(words[1])));
    }

    private static String complete(LlamaModel model, String[] words) {
        String text = model.complete(new InferenceParameters(decoded(words[2]))
                .setNPredict(Integer.parseInt(words[1]))
                .setTemperature(0));
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String decoded(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }
}
