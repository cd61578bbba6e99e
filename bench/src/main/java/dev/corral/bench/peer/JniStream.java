package dev.corral.bench.peer;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.LlamaOutput;
import de.kherud.llama.ModelParameters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The JNI binding in a JVM of its own, for two copies of llama.cpp don't belong into one process. Reads lines {@code COUNT
 * PROMPT} and answers each with a line {@code = TOKENS NANOSECONDS}.
 */
public final class JniStream {

    private JniStream() {}

    /**
     * Loads the model and answers until its input ends.
     *
     * @param arguments model, context, threads
     */
    public static void main(String[] arguments) throws IOException {
        ModelParameters parameters = new ModelParameters()
                .setModel(arguments[0])
                .setCtxSize(Integer.parseInt(arguments[1]))
                .setBatchSize(ServerSetup.BATCH)
                .setUbatchSize(ServerSetup.MICRO_BATCH)
                .setThreads(Integer.parseInt(arguments[2]))
                .setThreadsBatch(Integer.parseInt(arguments[2]))
                .disableLog();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (LlamaModel model = new LlamaModel(parameters);
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] words = line.split(" ", 2);
                long begun = System.nanoTime();
                int tokens = generate(model, Integer.parseInt(words[0]), words[1]);
                out.println("= " + tokens + " " + (System.nanoTime() - begun));
            }
        }
    }

    private static int generate(LlamaModel model, int count, String prompt) {
        InferenceParameters request = new InferenceParameters(prompt)
                .setNPredict(count)
                .setTemperature(0)
                .setIgnoreEos(true);
        int tokens = 0;
        for (LlamaOutput _ : model.generate(request)) {
            tokens++;
        }
        return Math.min(tokens, count);
    }
}
