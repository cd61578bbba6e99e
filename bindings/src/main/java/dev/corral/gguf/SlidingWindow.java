package dev.corral.gguf;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Which layers see only so many of the last tokens, so that they need keep no more. Where an architecture is not known to have such
 * layers, none is taken for one, which takes more memory.
 *
 * @param tokens that such a layer sees; 0 where no layer is one
 * @param layers for each layer, whether it is one
 */
public record SlidingWindow(long tokens, List<Boolean> layers) {

    private static final String TOKENS = ".attention.sliding_window";
    private static final String PATTERN = ".attention.sliding_window_pattern";

    /**
     * What llama.cpp takes for granted of an architecture.
     *
     * @param period one layer in so many sees everything; 0 where only the file says which
     * @param wholeFirst that one comes first of them, rather than last
     * @param tokens where the file does not say
     * @param fixed the file's number means nothing, unless it is 0
     */
    private record Usual(int period, boolean wholeFirst, long tokens, boolean fixed) {

        private static Usual every(int period) {
            return new Usual(period, false, 0, false);
        }

        private static Usual wholeFirst(int period) {
            return new Usual(period, true, 0, false);
        }

        private Usual of(long window) {
            return new Usual(period, wholeFirst, window, fixed);
        }

        private Usual always(long window) {
            return new Usual(period, wholeFirst, window, true);
        }

        private boolean isWindowed(int layer, long each) {
            return each == 0 || (wholeFirst ? layer % each != 0 : layer % each < each - 1);
        }
    }

    private static final Usual AS_THE_FILE_SAYS = Usual.every(0);

    private static final Map<String, Usual> KNOWN = Map.ofEntries(
            Map.entry("afmoe", Usual.every(4)),
            Map.entry("cohere2", Usual.every(4)),
            Map.entry("cohere2moe", Usual.wholeFirst(4)),
            Map.entry("exaone4", Usual.every(4).of(4096)),
            Map.entry("exaone-moe", Usual.every(4).of(128)),
            Map.entry("gemma2", Usual.every(2).of(4096)),
            Map.entry("gemma3", Usual.every(6)),
            Map.entry("gemma3n", Usual.every(5)),
            Map.entry("gemma4", AS_THE_FILE_SAYS),
            Map.entry("gpt-oss", Usual.every(2)),
            Map.entry("laguna", Usual.wholeFirst(4)),
            Map.entry("llama4", Usual.every(4).always(8192)),
            Map.entry("maple", AS_THE_FILE_SAYS),
            Map.entry("mellum", Usual.every(4)),
            Map.entry("mimo2", AS_THE_FILE_SAYS),
            Map.entry("muse-glimmer", Usual.every(4)),
            Map.entry("olmo2", Usual.every(4)),
            Map.entry("plamo3", Usual.every(8)),
            Map.entry("smallthinker", Usual.wholeFirst(4).always(4096)),
            Map.entry("spark2_5", AS_THE_FILE_SAYS),
            Map.entry("step35", AS_THE_FILE_SAYS));

    /** Of this architecture, only the model of so many layers has a window. */
    private static final String ONE_SIZE_ONLY = "exaone4";

    private static final int THAT_SIZE = 64;

    public SlidingWindow {
        layers = List.copyOf(layers);
    }

    /** Of a model whose layers all see everything. */
    public static SlidingWindow none(int layers) {
        return new SlidingWindow(
                0, IntStream.range(0, layers).mapToObj(_ -> false).toList());
    }

    static SlidingWindow of(Metadata metadata, String architecture, int layers) {
        Usual usual = KNOWN.get(architecture);
        if (usual == null || (architecture.equals(ONE_SIZE_ONLY) && layers != THAT_SIZE)) {
            return none(layers);
        }
        OptionalLong said = metadata.whole(architecture + TOKENS);
        boolean optional = usual.fixed && usual.wholeFirst; // a file without the number is of a model without windows
        long tokens = said.isEmpty()
                ? (optional ? 0 : usual.tokens)
                : said.getAsLong() > 0 && usual.fixed ? usual.tokens : said.getAsLong();
        Optional<Value.Array> each = metadata.array(architecture + PATTERN).filter(SlidingWindow::isOfNumbers);
        OptionalLong period = metadata.whole(architecture + PATTERN);
        if (tokens <= 0 || (each.isEmpty() && period.isEmpty() && usual.period == 0)) {
            return none(layers);
        }
        // layers that only guess further tokens see everything
        long trunk =
                layers - metadata.whole(architecture + ".nextn_predict_layers").orElse(0);
        return new SlidingWindow(
                tokens,
                IntStream.range(0, layers)
                        .mapToObj(layer -> each.map(array -> layer < array.length() && array.whole(layer) != 0)
                                .orElseGet(() -> layer < trunk && usual.isWindowed(layer, period.orElse(usual.period))))
                        .toList());
    }

    private static boolean isOfNumbers(Value.Array array) {
        return switch (array.elementType()) {
            case U8, I8, U16, I16, U32, I32, U64, I64, BOOL -> true;
            case F32, F64, STRING, ARRAY -> false;
        };
    }

    boolean covers(int layer) {
        return layers.get(layer);
    }

    public boolean exists() {
        return layers.contains(true);
    }
}
