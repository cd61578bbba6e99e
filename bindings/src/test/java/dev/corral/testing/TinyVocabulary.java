package dev.corral.testing;

import dev.corral.testing.PairMerges.Merge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A vocabulary of a few hundred tokens, in one of the three forms of tokenizer that matter. All have the same control
 * tokens (chat marks, fill-in-the-middle marks) and the same word pieces; what differs is how text is split.
 *
 * <ul>
 *   <li>{@link #sentencePiece()}: 512 tokens. {@code <unk>} 0, {@code <s>} 1, {@code </s>} 2, bytes
 *       {@code <0x00>}…{@code <0xFF>} 3–258 for what no piece covers. Puts {@code <s>} first, and a space before the text.
 *   <li>{@link #bytePair(String)}: 394 tokens. Token n below 256 is byte n. {@code <|endoftext|>} is both BOS and EOS, and
 *       nothing is put around the text.
 *   <li>{@link #wordPiece()}: 234 tokens, lower case; {@code [CLS]} before the text and {@code [SEP]} after it.
 * </ul>
 */
public final class TinyVocabulary {
    /** A template for conversations in the marks {@code <|im_start|>} and {@code <|im_end|>}, without tools. */
    public static final String CHAT_TEMPLATE = """
            {%- for message in messages -%}
            {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}
            {{- '<|im_start|>assistant\\n' -}}
            {%- endif -%}""";

    private static final List<String> CONTROL = List.of(
            "<|im_start|>",
            "<|im_end|>",
            "<|endoftext|>",
            "<|fim_prefix|>",
            "<|fim_suffix|>",
            "<|fim_middle|>",
            "<|fim_pad|>",
            "<|reserved_0|>",
            "<|reserved_1|>",
            "<|reserved_2|>");

    private static final List<String> USER_DEFINED = List.of("<think>", "</think>", "<tool_call>", "</tool_call>");
    private static final List<String> BEYOND_ASCII = List.of(
            "é", "ü", "ñ", "ß", "ø", "å", "ç", "à", "ô", "Ω", "π", "ж", "я", "你", "好", "世", "界", "の", "あ", "🙂");
    private static final List<Merge> MERGES = PairMerges.all();
    private static final String LOWER_ONE_EIGHTH_BLOCK = "\u2581";

    private enum Kind {
        NORMAL(1),
        UNKNOWN(2),
        CONTROL(3),
        USER_DEFINED(4),
        BYTE(6);

        private final int id;

        Kind(int id) {
            this.id = id;
        }
    }

    private record Token(String text, float score, Kind kind, boolean quiet) {}

    private final String model;
    private final @Nullable String preTokenizer;
    private final List<Token> tokens = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<String, Integer> roles = new LinkedHashMap<>();
    private List<Merge> merges = List.of();
    private @Nullable String chatTemplate;

    private TinyVocabulary(String model, @Nullable String preTokenizer) {
        this.model = model;
        this.preTokenizer = preTokenizer;
    }

    /** llama.cpp's "llama" tokenizer: merges by score, falls back to bytes. With {@link #CHAT_TEMPLATE}. */
    public static TinyVocabulary sentencePiece() {
        TinyVocabulary vocabulary = new TinyVocabulary("llama", null);
        vocabulary.role("unknown", vocabulary.add("<unk>", 0, Kind.UNKNOWN));
        vocabulary.role("bos", vocabulary.add("<s>", 0, Kind.CONTROL));
        vocabulary.role("eos", vocabulary.add("</s>", 0, Kind.CONTROL));
        for (int b = 0; b < 256; b++) {
            vocabulary.add("<0x%02X>".formatted(b), 0, Kind.BYTE);
        }
        vocabulary.addMarks();
        for (int rank = 0; rank < MERGES.size(); rank++) {
            vocabulary.add(spaceAs(LOWER_ONE_EIGHTH_BLOCK, MERGES.get(rank).text()), -rank, Kind.NORMAL);
        }
        float last = -MERGES.size();
        vocabulary.add(LOWER_ONE_EIGHTH_BLOCK, last, Kind.NORMAL);
        for (char c = '!'; c <= '~'; c++) {
            vocabulary.add(String.valueOf(c), last, Kind.NORMAL);
        }
        BEYOND_ASCII.forEach(text -> vocabulary.add(text, last, Kind.NORMAL));
        return vocabulary.withChatTemplate(CHAT_TEMPLATE);
    }

    /**
     * llama.cpp's "gpt2" tokenizer: splits text by the rules of a pre-tokenizer, such as "gpt-2", "gpt-4o", "llama-bpe" or
     * "default", then merges bytes. With {@link #CHAT_TEMPLATE}.
     */
    public static TinyVocabulary bytePair(String preTokenizer) {
        TinyVocabulary vocabulary = new TinyVocabulary("gpt2", preTokenizer);
        for (int b = 0; b < 256; b++) {
            vocabulary.add(byteSymbol(b), 0, Kind.NORMAL, b < '!' || b > '~');
        }
        vocabulary.merges = MERGES.stream()
                .map(merge ->
                        new Merge(spaceAs(byteSymbol(' '), merge.left()), spaceAs(byteSymbol(' '), merge.right())))
                .toList();
        vocabulary.merges.forEach(merge -> vocabulary.add(merge.text(), 0, Kind.NORMAL));
        vocabulary.addMarks();
        vocabulary.role("bos", vocabulary.id("<|endoftext|>"));
        vocabulary.role("eos", vocabulary.id("<|endoftext|>"));
        return vocabulary.withChatTemplate(CHAT_TEMPLATE);
    }

    /** llama.cpp's "bert" tokenizer: the longest piece first. Without a chat template. */
    public static TinyVocabulary wordPiece() {
        TinyVocabulary vocabulary = new TinyVocabulary("bert", null);
        vocabulary.role("padding", vocabulary.add("[PAD]", 0, Kind.CONTROL));
        vocabulary.role("unknown", vocabulary.add("[UNK]", 0, Kind.UNKNOWN));
        vocabulary.role("bos", vocabulary.add("[CLS]", 0, Kind.CONTROL));
        vocabulary.role("seperator", vocabulary.add("[SEP]", 0, Kind.CONTROL));
        vocabulary.role("mask", vocabulary.add("[MASK]", 0, Kind.CONTROL));
        Set<String> pieces = new HashSet<>();
        for (char c = '!'; c <= '~'; c++) {
            if (!Character.isUpperCase(c)) {
                vocabulary.add(LOWER_ONE_EIGHTH_BLOCK + c, 0, Kind.NORMAL);
                vocabulary.add(String.valueOf(c), 0, Kind.NORMAL);
                pieces.add(String.valueOf(c));
                pieces.add(LOWER_ONE_EIGHTH_BLOCK + c);
            }
        }
        for (Merge merge : MERGES) {
            String piece = spaceAs(LOWER_ONE_EIGHTH_BLOCK, merge.text().toLowerCase(Locale.ROOT));
            if (pieces.add(piece)) {
                vocabulary.add(piece, 0, Kind.NORMAL);
            }
        }
        return vocabulary;
    }

    /** The same vocabulary with another Jinja chat template, or none. */
    public TinyVocabulary withChatTemplate(@Nullable String jinja) {
        TinyVocabulary copy = new TinyVocabulary(model, preTokenizer);
        copy.tokens.addAll(tokens);
        copy.ids.putAll(ids);
        copy.roles.putAll(roles);
        copy.merges = merges;
        copy.chatTemplate = jinja;
        return copy;
    }

    public int size() {
        return tokens.size();
    }

    /** The token of exactly this text in the vocabulary's own spelling, "▁the" or "Ġthe" for " the". */
    public int id(String text) {
        Integer id = ids.get(text);
        if (id == null) {
            throw new NoSuchElementException("no token \"" + text + "\"");
        }
        return id;
    }

    /** The text of a token, in the vocabulary's own spelling. */
    public String text(int id) {
        return tokens.get(id).text;
    }

    /** The token that begins a text. */
    public int bos() {
        return roles.get("bos");
    }

    /** The token that ends a text; word pieces have none. */
    public OptionalInt eos() {
        Integer id = roles.get("eos");
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** Whether a token is one of control, or a byte outside printable ASCII: not what a test wants to read. */
    boolean quiet(int id) {
        return tokens.get(id).quiet;
    }

    /** Writes all of the tokenizer's metadata. */
    void describe(GgufFile file) {
        file.put("tokenizer.ggml.model", model);
        if (preTokenizer != null) {
            file.put("tokenizer.ggml.pre", preTokenizer);
        }
        file.put(
                "tokenizer.ggml.tokens",
                GgufValue.strings(tokens.stream().map(Token::text).toList()));
        float[] scores = new float[tokens.size()];
        int[] kinds = new int[tokens.size()];
        for (int id = 0; id < tokens.size(); id++) {
            scores[id] = tokens.get(id).score;
            kinds[id] = tokens.get(id).kind.id;
        }
        file.put("tokenizer.ggml.scores", GgufValue.f32s(scores));
        file.put("tokenizer.ggml.token_type", GgufValue.i32s(kinds));
        if (!merges.isEmpty()) {
            file.put(
                    "tokenizer.ggml.merges",
                    GgufValue.strings(merges.stream()
                            .map(merge -> merge.left() + " " + merge.right())
                            .toList()));
        }
        roles.forEach((role, id) -> file.put("tokenizer.ggml." + role + "_token_id", id));
        if (chatTemplate != null) {
            file.put("tokenizer.chat_template", chatTemplate);
        }
    }

    private void addMarks() {
        CONTROL.forEach(text -> add(text, 0, Kind.CONTROL));
        USER_DEFINED.forEach(text -> add(text, 0, Kind.USER_DEFINED));
    }

    private void role(String role, int id) {
        roles.put(role, id);
    }

    private int add(String text, float score, Kind kind) {
        return add(text, score, kind, kind != Kind.NORMAL);
    }

    private int add(String text, float score, Kind kind, boolean quiet) {
        if (ids.putIfAbsent(text, tokens.size()) != null) {
            throw new IllegalArgumentException("two tokens \"" + text + "\"");
        }
        tokens.add(new Token(text, score, kind, quiet));
        return tokens.size() - 1;
    }

    private static String spaceAs(String symbol, String text) {
        return text.replace(" ", symbol);
    }

    /** GPT-2's printable stand-in for a byte: itself where it is one, else the next of those from U+0100 on. */
    private static String byteSymbol(int b) {
        int unprintable = 0;
        for (int other = 0; other < b; other++) {
            unprintable += printable(other) ? 0 : 1;
        }
        return Character.toString(printable(b) ? b : 256 + unprintable);
    }

    private static boolean printable(int b) {
        return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
    }
}
