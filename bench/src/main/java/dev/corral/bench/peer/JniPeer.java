package dev.corral.bench.peer;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A running {@link JniStream}. Not thread-safe; closing it ends the process. */
public final class JniPeer implements AutoCloseable {

    /** What is measured. */
    public static final String NAME = "de.kherud:llama 4.2.0";

    private final Child child;
    private final BufferedWriter to;
    private final BufferedReader from;

    private JniPeer(Child child) {
        this.child = child;
        this.to = new BufferedWriter(new OutputStreamWriter(child.input(), StandardCharsets.UTF_8));
        this.from = new BufferedReader(new InputStreamReader(child.output(), StandardCharsets.UTF_8));
    }

    public static JniPeer start(Installation installation, Children children, int context) throws IOException {
        return new JniPeer(children.talking(
                "jni",
                List.of(
                        Installation.java(),
                        "@" + installation.root().resolve("server/jvm.options"),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        JniStream.class.getName(),
                        installation.model().toString(),
                        String.valueOf(context),
                        String.valueOf(installation.threads()))));
    }

    /** Tokens a second of one greedy continuation, its prompt's time included. */
    public double tokensPerSecond(String prompt, int tokens) throws IOException {
        to.write(tokens + " " + prompt);
        to.newLine();
        to.flush();
        for (String line = from.readLine(); line != null; line = from.readLine()) {
            if (line.startsWith("= ")) {
                String[] words = line.split(" ", -1);
                return Integer.parseInt(words[1]) * 1e9 / Long.parseLong(words[2]);
            }
        }
        throw new IOException("the JNI binding's process ended; see " + child.log());
    }

    @Override
    public void close() {
        child.close();
    }
}
