package dev.corral.server.commands;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The words after {@code corral}. Where the first one is a flag, {@code serve} is meant.
 *
 * <p>Used by the main thread only.
 */
public final class Subcommands {

    public static final String SERVE = "serve";

    /** Has to know all the others. */
    private static final String COMPLETION = "completion";

    private static final Set<String> OF_CORRAL_ITSELF = Set.of("-h", "--help", "-V", "--version");

    private final Map<String, Supplier<? extends Subcommand>> all = new LinkedHashMap<>();

    /** @param serve makes the command that serves */
    public Subcommands(Supplier<? extends Subcommand> serve) {
        all.put(SERVE, serve);
        all.put("chat", ChatCommand::new);
        all.put("pull", PullCommand::new);
        all.put("list", ListCommand::new);
        all.put("rm", RemoveCommand::new);
        all.put("show", ShowCommand::new);
        all.put("tokenize", TokenizeCommand::new);
        all.put("score", ScoreCommand::new);
        all.put("bench", BenchCommand::new);
        all.put(COMPLETION, CompletionCommand::new);
    }

    /** Each by its name; those that a command line can't mean are not made. */
    public Map<String, Subcommand> of(List<String> words) {
        Map<String, Subcommand> made = new LinkedHashMap<>();
        if (!words.isEmpty()
                && all.containsKey(words.getFirst())
                && !words.getFirst().equals(COMPLETION)) {
            made.put(words.getFirst(), all.get(words.getFirst()).get());
            return made;
        }
        all.forEach((name, maker) -> made.put(name, maker.get()));
        return made;
    }

    /** A command line with its command in front, and flags with dashes as they are declared. */
    public static List<String> words(String... args) {
        List<String> words = new ArrayList<>();
        if (args.length > 0 && args[0].startsWith("-") && !OF_CORRAL_ITSELF.contains(args[0])) {
            words.add(SERVE);
        }
        Arrays.stream(args).map(Subcommands::dashed).forEach(words::add);
        return words;
    }

    /** llama-server takes {@code --ctx_size} for {@code --ctx-size}. */
    private static String dashed(String argument) {
        if (!argument.startsWith("--")) {
            return argument;
        }
        int equals = argument.indexOf('=');
        String name = equals < 0 ? argument : argument.substring(0, equals);
        return name.replace('_', '-') + (equals < 0 ? "" : argument.substring(equals));
    }
}
