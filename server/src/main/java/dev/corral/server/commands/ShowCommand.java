package dev.corral.server.commands;

import dev.corral.gguf.Gguf;
import dev.corral.gguf.GgufCheck;
import dev.corral.gguf.Metadata;
import dev.corral.gguf.TensorInfo;
import dev.corral.gguf.Value;
import dev.corral.server.flags.BadFlag;
import dev.corral.server.flags.ModelPlace;
import dev.corral.server.hub.Origin;
import dev.corral.server.hub.Sizes;
import dev.corral.server.terminal.Table;
import dev.corral.server.terminal.Terminal;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows what a GGUF file says of itself. */
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description = "Shows what a model is: its metadata, and its tensors in sum. Nothing is loaded.")
final class ShowCommand implements Subcommand {

    private static final int LONGEST = 100;
    private static final int FIRST_ELEMENTS = 4;

    @Parameters(arity = "1", paramLabel = "MODEL", description = "A GGUF file, or a name as corral list shows it.")
    @Nullable
    Path model;

    @Option(names = "--template", description = "Print the chat template alone.")
    boolean template;

    @Option(names = "--tensors", description = "List every tensor.")
    boolean tensors;

    @Override
    public int run(Terminal terminal) {
        if (model == null) {
            throw new BadFlag("which model?");
        }
        Path file = ModelPlace.of(model);
        Gguf first = Gguf.read(file);
        PrintStream out = terminal.out();
        if (template) {
            out.println(first.metadata()
                    .text("tokenizer.chat_template")
                    .orElseThrow(() -> new IllegalStateException(file + " has no chat template")));
            return OK;
        }
        List<Gguf> parts = isModel(first) ? GgufCheck.model(file) : List.of(first);
        out.print(summary(parts, file));
        out.println();
        out.print(metadata(first.metadata()));
        if (tensors) {
            out.println();
            out.print(tensors(parts));
        }
        return OK;
    }

    /** Projectors and adapters are shown, too. */
    private static boolean isModel(Gguf file) {
        return !file.architecture().equals(Optional.of("clip"))
                && !file.metadata().text("general.type").equals(Optional.of("adapter"));
    }

    private static Table summary(List<Gguf> parts, Path file) {
        Gguf first = parts.getFirst();
        long bytes = parts.stream().mapToLong(Gguf::size).sum();
        long parameters = parts.stream()
                .flatMap(part -> part.tensors().stream())
                .mapToLong(TensorInfo::elements)
                .sum();
        Table table = Table.of("file", file.toString());
        if (parts.size() > 1) {
            table.row("parts", Integer.toString(parts.size()));
        }
        table.row("size", Sizes.shown(bytes) + " (" + bytes + " bytes)")
                .row("format", "GGUF " + first.version())
                .row("parameters", String.format(Locale.ROOT, "%,d", parameters))
                .row("tensors", types(parts));
        Origin.of(file).ifPresent(origin -> table.row("from", origin.address()).row("sha256", origin.sha256()));
        return table;
    }

    private static String types(List<Gguf> parts) {
        Map<String, Long> counts = parts.stream()
                .flatMap(part -> part.tensors().stream())
                .collect(Collectors.groupingBy(tensor -> tensor.type().name(), TreeMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    private static Table metadata(Metadata metadata) {
        Table table = Table.of("KEY", "VALUE");
        metadata.keys().forEach(key -> table.row(key, shown(metadata.find(key).orElseThrow())));
        return table;
    }

    private static Table tensors(List<Gguf> parts) {
        Table table = Table.of("TENSOR", "TYPE", "SHAPE", "SIZE");
        for (Gguf part : parts) {
            for (TensorInfo tensor : part.tensors()) {
                table.row(
                        tensor.name(),
                        tensor.type().name(),
                        tensor.shape().stream().map(String::valueOf).collect(Collectors.joining(" x ")),
                        Sizes.shown(tensor.size()));
            }
        }
        return table;
    }

    private static String shown(Value value) {
        return switch (value) {
            case Value.Whole(var _, long whole) -> Long.toString(whole);
            case Value.Real(var _, double real) -> Double.toString(real);
            case Value.Truth(boolean truth) -> Boolean.toString(truth);
            case Value.Text text -> oneLine(text.value());
            case Value.Array array -> elements(array);
        };
    }

    private static String elements(Value.Array array) {
        if (array.length() > FIRST_ELEMENTS) {
            return array.length() + " x " + array.elementType().name().toLowerCase(Locale.ROOT);
        }
        return switch (array.elementType()) {
            case STRING -> oneLine(String.join(", ", array.strings()));
            case F32, F64 ->
                IntStream.range(0, array.length())
                        .mapToObj(index -> Double.toString(array.real(index)))
                        .collect(Collectors.joining(", "));
            default ->
                IntStream.range(0, array.length())
                        .mapToObj(index -> Long.toString(array.whole(index)))
                        .collect(Collectors.joining(", "));
        };
    }

    /** What a file says may hold anything, and a terminal obeys control characters. */
    private static String oneLine(String text) {
        String plain = text.replaceAll("\\R", "⏎").replaceAll("\\p{Cntrl}", "?");
        return plain.length() <= LONGEST ? plain : plain.substring(0, LONGEST) + "… (" + text.length() + " characters)";
    }
}
