package dev.corral.server.generation;

import dev.corral.engine.Engine;
import dev.corral.engine.Limits;
import dev.corral.engine.ModelInfo;
import dev.corral.engine.ModelInfo.InfillTokens;
import dev.corral.engine.Prompt;
import dev.corral.engine.Query;
import dev.corral.engine.Tokens;
import dev.corral.server.http.ApiError;
import dev.corral.server.http.ApiException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * A text with a gap, and what else a model may know of it. The prompt that asks to fill the gap is, in tokens:
 *
 * <pre>{@code
 * REPOSITORY myproject ⏎ (FILE name ⏎ text)* FILE filename ⏎ FIRST PREFIX prefix prompt SUFFIX suffix MIDDLE
 * }</pre>
 *
 * with SUFFIX suffix before PREFIX where the model wants it. Where all of it is too long for the context, other files lose
 * their beginning first, then the suffix its end beyond a quarter of the room, then the prefix its beginning.
 *
 * @param prefix text before the gap, or tokens and texts
 * @param suffix text after it
 * @param begun what the middle begins with
 * @param files others that belong to it
 */
public record InfillPrompt(Prompt prefix, Prompt suffix, String begun, List<FileText> files) {

    /** A file. */
    public record FileText(String name, String text) {}

    private static final String REPOSITORY = "myproject\n";
    private static final String FILE = "filename\n";
    private static final String SNIPPET = "\n\n--- snippet ---\n\n";

    public InfillPrompt {
        files = List.copyOf(files);
    }

    /** A text and what comes after its gap. */
    public static InfillPrompt between(Prompt prefix, String suffix) {
        return new InfillPrompt(prefix, Prompt.text(suffix), "", List.of());
    }

    /**
     * The prompt for this model.
     *
     * @param limits of what is to be generated, for which there must be room
     * @param suffixFirst whether the suffix goes before the prefix
     * @throws ApiException when the model has no tokens for it
     */
    public Prompt of(Engine engine, Limits limits, boolean suffixFirst) throws InterruptedException {
        InfillTokens marks = engine.model().vocabulary().infill();
        requireMarks(engine.model(), marks);
        int[] first = of(marks.first());
        int[] before = joined(of(marks.prefix()), tokens(engine, prefix), special(engine, begun));
        int[] after = joined(of(marks.suffix()), tokens(engine, suffix));
        int room = room(engine.model().contextSize(), limits) - first.length - 1;
        int suffixRoom = Math.min(after.length, Math.max(room / 4, room - before.length));
        int[] keptAfter = Arrays.copyOf(after, suffixRoom);
        int[] keptBefore = withoutBeginning(before, Math.min(before.length, room - suffixRoom));
        int[] others = others(engine, marks);
        int left = Math.max(0, room - keptBefore.length - keptAfter.length);
        int[] keptOthers = Arrays.copyOfRange(others, Math.max(0, others.length - left), others.length);
        return new Prompt.Ids(Tokens.of(joined(
                keptOthers,
                first,
                suffixFirst ? keptAfter : keptBefore,
                suffixFirst ? keptBefore : keptAfter,
                of(marks.middle()))));
    }

    private static void requireMarks(ModelInfo model, InfillTokens marks) {
        List<String> missing = new ArrayList<>();
        if (marks.prefix().isEmpty()) {
            missing.add("prefix");
        }
        if (marks.suffix().isEmpty()) {
            missing.add("suffix");
        }
        if (marks.middle().isEmpty()) {
            missing.add("middle");
        }
        if (!missing.isEmpty()) {
            throw new ApiException(
                    ApiError.Kind.UNSUPPORTED,
                    "'" + model.name() + "' can't fill in the middle: its vocabulary has no token for the "
                            + String.join(", nor for the ", missing));
        }
    }

    /** Tokens of context that the prompt may have: what is left by what is asked for, but at least half. */
    private static int room(int contextSize, Limits limits) {
        int wanted = limits.maxTokens() == Limits.UNLIMITED ? contextSize / 4 : limits.maxTokens();
        return contextSize - Math.clamp(wanted, 1, Math.max(1, contextSize / 2));
    }

    /** The end of a part, with the mark that it begins with. */
    private static int[] withoutBeginning(int[] part, int length) {
        int[] kept = Arrays.copyOfRange(part, part.length - length, part.length);
        if (length > 0) {
            kept[0] = part[0];
        }
        return kept;
    }

    private int[] others(Engine engine, InfillTokens marks) throws InterruptedException {
        int[] others =
                marks.repository().isPresent() ? joined(of(marks.repository()), plain(engine, REPOSITORY)) : new int[0];
        for (FileText file : files) {
            int[] begin = marks.file().isPresent()
                    ? joined(of(marks.file()), plain(engine, file.name() + "\n"))
                    : plain(engine, SNIPPET);
            others = joined(others, begin, plain(engine, file.text()));
        }
        return marks.file().isPresent() ? joined(others, of(marks.file()), plain(engine, FILE)) : others;
    }

    private static int[] tokens(Engine engine, Prompt prompt) throws InterruptedException {
        return switch (prompt) {
            case Prompt.Text text -> plain(engine, text.text());
            case Prompt.Ids(Tokens ids) -> ids.toArray();
            case Prompt.Media _ -> throw new IllegalArgumentException("an infill prompt has no image");
            case Prompt.Parts(List<Prompt> parts) -> {
                int[] all = {};
                for (Prompt part : parts) {
                    all = joined(all, tokens(engine, part));
                }
                yield all;
            }
        };
    }

    private static int[] plain(Engine engine, String text) throws InterruptedException {
        return tokenized(engine, text, false);
    }

    /** Control tokens are read as tokens. */
    private static int[] special(Engine engine, String text) throws InterruptedException {
        return tokenized(engine, text, true);
    }

    private static int[] tokenized(Engine engine, String text, boolean parseSpecial) throws InterruptedException {
        return text.isEmpty()
                ? new int[0]
                : engine.ask(new Query.Tokenize(text, false, parseSpecial, false))
                        .tokens()
                        .toArray();
    }

    private static int[] of(OptionalInt token) {
        return token.isPresent() ? new int[] {token.getAsInt()} : new int[0];
    }

    private static int[] joined(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }
}
