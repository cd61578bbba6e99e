package dev.corral.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The samplers that a request can put in an order of its own, by llama.cpp's names and letters. */
public enum SamplerKind {
    PENALTIES("penalties", 'e'),
    DRY("dry", 'd'),
    TOP_N_SIGMA("top_n_sigma", 's'),
    TOP_K("top_k", 'k'),
    TAIL_FREE("tfs_z", 'f'),
    TYPICAL_P("typ_p", 'y'),
    TOP_P("top_p", 'p'),
    MIN_P("min_p", 'm'),
    XTC("xtc", 'x'),
    TEMPERATURE("temperature", 't'),
    INFILL("infill", 'i'),
    ADAPTIVE_P("adaptive_p", 'a');

    /** The order that is used unless a request says otherwise: llama.cpp's, with tail-free where it once had it. */
    public static final List<SamplerKind> DEFAULT_ORDER =
            List.of(PENALTIES, DRY, TOP_N_SIGMA, TOP_K, TAIL_FREE, TYPICAL_P, TOP_P, MIN_P, XTC, TEMPERATURE);

    /** The order of Hugging Face's generate(): what is kept is decided at the temperature. */
    public static final List<SamplerKind> HUGGING_FACE_ORDER =
            List.of(PENALTIES, TEMPERATURE, TOP_K, TOP_P, MIN_P, TYPICAL_P);

    private final String label;
    private final char letter;

    SamplerKind(String label, char letter) {
        this.label = label;
        this.letter = letter;
    }

    /** The name in requests and results, such as {@code top_k}. */
    public String label() {
        return label;
    }

    /** @throws InvalidRequestException when there is no sampler of that name */
    public static SamplerKind named(String name) {
        String plain = name.replace('-', '_');
        for (SamplerKind kind : values()) {
            if (kind.label.equals(plain) || (kind == TYPICAL_P && plain.equals("typical_p"))) {
                return kind;
            }
        }
        throw new InvalidRequestException(
                "samplers",
                name,
                "must be of " + Arrays.stream(values()).map(SamplerKind::label).collect(Collectors.joining(", ")));
    }

    /** An order written as letters, such as {@code "edskfypmxt"}. */
    public static List<SamplerKind> lettered(String letters) {
        List<SamplerKind> kinds = new ArrayList<>();
        for (char letter : letters.toCharArray()) {
            kinds.add(Arrays.stream(values())
                    .filter(kind -> kind.letter == letter)
                    .findFirst()
                    .orElseThrow(() -> new InvalidRequestException(
                            "samplers", String.valueOf(letter), "must be of the letters edskfypmxtia")));
        }
        return List.copyOf(kinds);
    }
}
