package dev.corral.bench.peer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.corral.bench.load.Json;
import java.io.IOException;
import java.util.List;

/** llama-batched-bench: the engine without a server, which is the limit of what a server can reach. */
public final class BatchedBench {

    private final Installation installation;
    private final Children children;

    public BatchedBench(Installation installation, Children children) {
        this.installation = installation;
        this.children = children;
    }

    /**
     * What it measured.
     *
     * @param promptSeconds all prompts together
     * @param generationSeconds all that follows
     */
    public record Measured(double promptSeconds, double generationSeconds) {

        public double seconds() {
            return promptSeconds + generationSeconds;
        }
    }

    /**
     * Runs it once in a process of its own.
     *
     * @param prompt tokens of each sequence's prompt
     * @param steps tokens that each sequence is continued by after the one that the prompt gives
     */
    public Measured run(int context, int sequences, int prompt, int steps) throws IOException, InterruptedException {
        String out = children.output(
                "batched-bench",
                List.of(
                        installation.program("llama-batched-bench"),
                        "-m",
                        installation.model().toString(),
                        "-c",
                        String.valueOf(context),
                        "-b",
                        String.valueOf(ServerSetup.BATCH),
                        "-ub",
                        String.valueOf(ServerSetup.MICRO_BATCH),
                        "-t",
                        String.valueOf(installation.threads()),
                        "-npp",
                        String.valueOf(prompt),
                        "-ntg",
                        String.valueOf(steps),
                        "-npl",
                        String.valueOf(sequences),
                        "--output-format",
                        "jsonl"));
        String line = out.lines()
                .filter(text -> text.startsWith("{"))
                .findFirst()
                .orElseThrow(() -> new IOException("llama-batched-bench measured nothing"));
        JsonNode json = Json.read(line);
        return new Measured(json.path("t_pp").asDouble(), json.path("t_tg").asDouble());
    }

    /** Tokens a second when each of several sequences gets a prompt and then {@code tokens} tokens. */
    public double tokensPerSecond(int context, int sequences, int prompt, int tokens)
            throws IOException, InterruptedException {
        return sequences * tokens / run(context, sequences, prompt, tokens - 1).seconds();
    }
}
