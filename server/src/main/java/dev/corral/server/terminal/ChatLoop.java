package dev.corral.server.terminal;

import dev.corral.engine.EngineException;
import dev.corral.engine.InvalidRequestException;
import dev.corral.engine.Sampling;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A person talks to a model: each line is a question, but for those that begin with a slash, which are commands.
 *
 * <p>Used by one thread.
 */
public final class ChatLoop {

    /** What a line can begin with. */
    public static final List<String> COMMANDS =
            List.of("/help", "/clear", "/system", "/undo", "/retry", "/temp", "/save", "/stats", "/exit");

    private static final String HELP = """
            /clear          forget what was said
            /system TEXT    instructions for the model; without TEXT, none
            /undo           take back the last question and its answer
            /retry          ask the last question again
            /temp N         how freely it answers, from 0
            /save FILE      write what was said as JSON
            /stats          tokens and speed of the last answer
            /exit           end, as Ctrl-D does
            A line that ends with \\ goes on in the next one. Ctrl-C stops an answer.
            """;

    private static final String GOES_ON = "\\";
    private static final double NANOS_A_SECOND = 1e9;

    private final Dialogue dialogue;
    private final Lines lines;
    private final PrintStream out;
    private final PrintStream err;
    private Optional<Dialogue.Answer> last = Optional.empty();

    /** @param err for what is no answer */
    public ChatLoop(Dialogue dialogue, Lines lines, PrintStream out, PrintStream err) {
        this.dialogue = dialogue;
        this.lines = lines;
        this.out = out;
        this.err = err;
    }

    /** Talks until the person ends it. */
    public void run() throws InterruptedException {
        for (Optional<String> line = read(); line.isPresent(); line = read()) {
            String text = line.get().strip();
            if (text.equals("/exit") || text.equals("/quit") || text.equals("/bye")) {
                return;
            }
            if (text.startsWith("/")) {
                obey(text);
            } else if (!text.isEmpty()) {
                ask(text);
            }
        }
    }

    private Optional<String> read() {
        Optional<String> line = lines.next();
        StringBuilder text = new StringBuilder();
        while (line.isPresent() && line.get().endsWith(GOES_ON)) {
            text.append(line.get(), 0, line.get().length() - 1).append('\n');
            line = lines.next();
        }
        return line.isEmpty() && text.isEmpty() ? line : Optional.of(text + line.orElse(""));
    }

    private void ask(String question) throws InterruptedException {
        try (Lines.Watch _ = lines.onStop(dialogue::stop)) {
            Dialogue.Answer answer = dialogue.say(question, piece -> {
                out.print(piece);
                out.flush();
            });
            out.println(answer.stopped() ? " …" : "");
            last = Optional.of(answer);
        } catch (EngineException e) {
            err.println("No answer: " + e.getMessage());
        }
    }

    private void obey(String line) throws InterruptedException {
        int blank = line.indexOf(' ');
        String command = blank < 0 ? line : line.substring(0, blank);
        String argument = blank < 0 ? "" : line.substring(blank + 1).strip();
        switch (command) {
            case "/help", "/?" -> err.print(HELP);
            case "/clear" -> dialogue.clear();
            case "/system" -> dialogue.system(argument);
            case "/undo" ->
                err.println(dialogue.undo()
                        .map(question -> "Taken back: " + question)
                        .orElse("Nothing was said"));
            case "/retry" -> {
                Optional<String> question = dialogue.undo();
                if (question.isPresent()) {
                    ask(question.get());
                } else {
                    err.println("Nothing was said");
                }
            }
            case "/temp" -> temperature(argument);
            case "/save" -> save(argument);
            case "/stats" -> err.println(last.map(ChatLoop::stats).orElse("Nothing was said"));
            default -> err.println("There is no command " + command + "; /help shows those that there are");
        }
    }

    private void temperature(String text) {
        try {
            Sampling sampling = dialogue.sampling().toBuilder()
                    .temperature(Double.parseDouble(text))
                    .build();
            dialogue.sampling(sampling);
        } catch (NumberFormatException e) {
            err.println("/temp wants a number, such as 0.7");
        } catch (InvalidRequestException e) {
            err.println(e.getMessage());
        }
    }

    private void save(String name) {
        try {
            Files.writeString(Path.of(name), dialogue.toJson() + "\n", StandardCharsets.UTF_8);
        } catch (IOException | InvalidPathException e) {
            err.println(name + " can't be written: " + e.getMessage());
        }
    }

    private static String stats(Dialogue.Answer answer) {
        if (answer.usage().isEmpty() || answer.timings().isEmpty()) {
            return "Nothing was measured";
        }
        int read = answer.usage().get().promptTokens() - answer.usage().get().cachedTokens();
        int generated = answer.usage().get().generatedTokens();
        return String.format(
                Locale.ROOT,
                "prompt: %d tokens, %d of them computed at %.1f a second; answer: %d tokens at %.1f a second",
                answer.usage().get().promptTokens(),
                read,
                rate(read, answer.timings().get().prompt()),
                generated,
                rate(generated - 1, answer.timings().get().generation()));
    }

    private static double rate(int tokens, long nanos) {
        return nanos == 0 ? 0 : Math.max(0, tokens) * NANOS_A_SECOND / nanos;
    }
}
