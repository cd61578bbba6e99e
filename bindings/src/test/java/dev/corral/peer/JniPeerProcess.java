package dev.corral.peer;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;

/** A running {@link JniPeer}. Not thread-safe; closing it ends the process. */
final class JniPeerProcess implements AutoCloseable {

    private final Process process;
    private final BufferedWriter to;
    private final BufferedReader from;

    private JniPeerProcess(Process process) {
        this.process = process;
        this.to = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        this.from = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static JniPeerProcess start(Path model) throws IOException {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        return new JniPeerProcess(new ProcessBuilder(
                        java.toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        JniPeer.class.getName(),
                        model.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    int[] tokenize(String text) throws IOException {
        String list = ask("tokenize " + encoded(text));
        String inner = list.substring(1, list.length() - 1);
        return inner.isEmpty()
                ? new int[0]
                : Arrays.stream(inner.split(", ")).mapToInt(Integer::parseInt).toArray();
    }

    String complete(String prompt, int tokens) throws IOException {
        return new String(
                Base64.getDecoder().decode(ask("complete " + tokens + " " + encoded(prompt))), StandardCharsets.UTF_8);
    }

    private String ask(String line) throws IOException {
        to.write(line);
        to.newLine();
        to.flush();
        for (String answer = from.readLine(); answer != null; answer = from.readLine()) {
            if (answer.startsWith("=")) {
                return answer.substring(1);
            }
        }
        throw new IOException("the JNI binding's process ended");
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        process.destroy();
    }
}
