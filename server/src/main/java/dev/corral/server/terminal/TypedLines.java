package dev.corral.server.terminal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.TerminalBuilder;

/** Lines that a person types, with editing, a history that is kept, and commands completed by the tab key. */
public final class TypedLines implements Lines {

    private static final String PROMPT = "> ";

    private final org.jline.terminal.Terminal terminal;
    private final LineReader reader;

    /**
     * Takes the terminal over.
     *
     * @param history file that keeps what was typed
     * @param commands that the tab key completes
     */
    public TypedLines(Path history, List<String> commands) {
        try {
            terminal = TerminalBuilder.builder().name("corral").system(true).build();
        } catch (IOException e) {
            throw new UncheckedIOException("the terminal can't be used", e);
        }
        reader = LineReaderBuilder.builder()
                .terminal(terminal)
                .variable(LineReader.HISTORY_FILE, history)
                .completer(new StringsCompleter(commands))
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .build();
    }

    /** Ctrl-C empties the line; Ctrl-D on an empty line ends. */
    @Override
    public Optional<String> next() {
        while (true) {
            try {
                return Optional.of(reader.readLine(PROMPT));
            } catch (UserInterruptException e) {
                if (e.getPartialLine().isEmpty()) {
                    return Optional.empty();
                }
            } catch (EndOfFileException e) {
                return Optional.empty();
            }
        }
    }

    /** Ctrl-C. */
    @Override
    public Watch onStop(Runnable stop) {
        org.jline.terminal.Terminal.SignalHandler before =
                terminal.handle(org.jline.terminal.Terminal.Signal.INT, _ -> stop.run());
        return () -> terminal.handle(org.jline.terminal.Terminal.Signal.INT, before);
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
