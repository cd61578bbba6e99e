package dev.corral.llama;

import dev.corral.ffi.Native;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a model, and text to tokens and back. It lives as long as its {@link Model}. Safe for several threads.
 *
 * <p>Tokenizing untrusted text needs a large stack: some tokenizers recurse over it. Call {@link #tokenize} on a thread
 * of 256 MiB where the text is not yours.
 */
public final class Vocabulary {

    private static final VarHandle PIECE = MethodHandles.arrayElementVarHandle(byte[][].class);
    private static final int FIRST_PIECE_CAPACITY = 64;

    private final Model model;
    private final MemorySegment pointer;
    private final int size;
    private final VocabularyType type;
    private final byte[] @Nullable [] pieces;
    private final byte[] @Nullable [] specialPieces;

    Vocabulary(Model model, MemorySegment pointer) {
        this.model = model;
        this.pointer = pointer;
        this.size = Native.llama_vocab_n_tokens(pointer);
        this.type = VocabularyType.of(Native.llama_vocab_type(pointer));
        this.pieces = new byte[size][];
        this.specialPieces = new byte[size][];
    }

    Model model() {
        return model;
    }

    MemorySegment pointer() {
        model.checkOpen();
        return pointer;
    }

    /** How many tokens there are; their ids are 0 to {@code size() - 1}. */
    public int size() {
        return size;
    }

    public VocabularyType type() {
        return type;
    }

    // ---- Text to tokens and back

    /** Tokens of a text; a lone surrogate in it becomes a question mark. See {@link #tokenize(byte[], boolean, boolean)}. */
    public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
        return tokenize(Utf8.bytes(text), addSpecial, parseSpecial);
    }

    /**
     * Tokens of a text.
     *
     * @param utf8 any bytes, NUL among them
     * @param addSpecial add the tokens that the model wants at the beginning and the end
     * @param parseSpecial read control tokens in the text as tokens, not as text
     */
    public int[] tokenize(byte[] utf8, boolean addSpecial, boolean parseSpecial) {
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment text = Utf8.bytes(arena, utf8);
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            int capacity = utf8.length + 2;
            while (true) {
                MemorySegment tokens = arena.allocate(ValueLayout.JAVA_INT, capacity);
                error.check(Native.corral_tokenize(
                        pointer(),
                        text,
                        utf8.length,
                        addSpecial,
                        parseSpecial,
                        tokens,
                        capacity,
                        count,
                        error.segment()));
                int found = count.get(ValueLayout.JAVA_INT, 0);
                if (found <= capacity) {
                    return tokens.asSlice(0, (long) found * Integer.BYTES).toArray(ValueLayout.JAVA_INT);
                }
                capacity = found;
            }
        }
    }

    /**
     * The bytes of one token, which need not be whole UTF-8 characters. The array is shared: don't change it. No
     * allocation after a token's first time.
     *
     * @param special show the text of control tokens, which otherwise have none
     * @throws IllegalArgumentException when there is no such token
     */
    public byte[] piece(int token, boolean special) {
        checkToken(token);
        byte[] @Nullable [] cache = special ? specialPieces : pieces;
        byte @Nullable [] known = (byte[]) PIECE.getAcquire(cache, token);
        if (known == null) {
            known = readPiece(token, special);
            PIECE.setRelease(cache, token, known);
        }
        return known;
    }

    private byte[] readPiece(int token, boolean special) {
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            int capacity = FIRST_PIECE_CAPACITY;
            while (true) {
                MemorySegment bytes = arena.allocate(capacity);
                error.check(Native.corral_piece(pointer(), token, special, bytes, capacity, count, error.segment()));
                int length = count.get(ValueLayout.JAVA_INT, 0);
                if (length <= capacity) {
                    return bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                }
                capacity = length;
            }
        }
    }

    /**
     * The text of tokens, as bytes.
     *
     * @param removeSpecial leave out the tokens that {@link #tokenize} adds
     * @param unparseSpecial show the text of control tokens
     * @throws IllegalArgumentException when one of them does not exist
     */
    public byte[] detokenize(int[] tokens, boolean removeSpecial, boolean unparseSpecial) {
        for (int token : tokens) {
            checkToken(token);
        }
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, Math.max(1, tokens.length));
            MemorySegment.copy(tokens, 0, ids, ValueLayout.JAVA_INT, 0, tokens.length);
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            int capacity = Math.max(FIRST_PIECE_CAPACITY, Math.multiplyExact(tokens.length, 8));
            while (true) {
                MemorySegment bytes = arena.allocate(capacity);
                error.check(Native.corral_detokenize(
                        pointer(),
                        ids,
                        tokens.length,
                        removeSpecial,
                        unparseSpecial,
                        bytes,
                        capacity,
                        count,
                        error.segment()));
                int length = count.get(ValueLayout.JAVA_INT, 0);
                if (length <= capacity) {
                    return bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                }
                capacity = length;
            }
        }
    }

    // ---- Single tokens

    /** A token that ends a generation. */
    public boolean isEndOfGeneration(int token) {
        return Native.llama_vocab_is_eog(pointer(), checkToken(token));
    }

    public boolean isControl(int token) {
        return Native.llama_vocab_is_control(pointer(), checkToken(token));
    }

    public Set<TokenAttribute> attributes(int token) {
        return TokenAttribute.of(Native.llama_vocab_get_attr(pointer(), checkToken(token)));
    }

    /** The token as the vocabulary writes it, which is not the text that it stands for. */
    public String text(int token) {
        return Utf8.read(Native.llama_vocab_get_text(pointer(), checkToken(token)));
    }

    public float score(int token) {
        return Native.llama_vocab_get_score(pointer(), checkToken(token));
    }

    /** @throws IllegalArgumentException naming the value and the range */
    int checkToken(int token) {
        if (type == VocabularyType.NONE) {
            throw new IllegalStateException("this model has no vocabulary");
        }
        return Bounds.check("token", token, 0, size - 1);
    }

    // ---- Special tokens

    /** The token at the beginning of a text. */
    public OptionalInt bos() {
        return token(Native.llama_vocab_bos(pointer()));
    }

    /** The token at the end of a text. */
    public OptionalInt eos() {
        return token(Native.llama_vocab_eos(pointer()));
    }

    /** The token at the end of a turn. */
    public OptionalInt eot() {
        return token(Native.llama_vocab_eot(pointer()));
    }

    /** The token of a line break. */
    public OptionalInt nl() {
        return token(Native.llama_vocab_nl(pointer()));
    }

    /** The token that fills up. */
    public OptionalInt pad() {
        return token(Native.llama_vocab_pad(pointer()));
    }

    /** The token between texts. */
    public OptionalInt sep() {
        return token(Native.llama_vocab_sep(pointer()));
    }

    /** The token in place of a hidden one. */
    public OptionalInt mask() {
        return token(Native.llama_vocab_mask(pointer()));
    }

    /** The token before the prefix, when filling in the middle. */
    public OptionalInt fimPrefix() {
        return token(Native.llama_vocab_fim_pre(pointer()));
    }

    /** The token before the suffix, when filling in the middle. */
    public OptionalInt fimSuffix() {
        return token(Native.llama_vocab_fim_suf(pointer()));
    }

    /** The token before the middle that is to be filled in. */
    public OptionalInt fimMiddle() {
        return token(Native.llama_vocab_fim_mid(pointer()));
    }

    public OptionalInt fimPad() {
        return token(Native.llama_vocab_fim_pad(pointer()));
    }

    /** The token before a repository's name. */
    public OptionalInt fimRepository() {
        return token(Native.llama_vocab_fim_rep(pointer()));
    }

    /** The token between files. */
    public OptionalInt fimSeparator() {
        return token(Native.llama_vocab_fim_sep(pointer()));
    }

    /** Whether {@link #tokenize} puts {@link #bos} in front when asked for special tokens. */
    public boolean addsBos() {
        return Native.llama_vocab_get_add_bos(pointer());
    }

    /** Whether {@link #tokenize} appends {@link #eos} when asked for special tokens. */
    public boolean addsEos() {
        return Native.llama_vocab_get_add_eos(pointer());
    }

    /** Whether {@link #sep} goes between the two texts of a pair. */
    public boolean addsSep() {
        return Native.llama_vocab_get_add_sep(pointer());
    }

    /** Tokens that the model's makers want never to be sampled. */
    public int[] suppressedTokens() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment tokens = Native.llama_vocab_get_suppress_tokens(pointer(), count);
            int length = count.get(ValueLayout.JAVA_INT, 0);
            return length == 0
                    ? new int[0]
                    : Arrays.copyOf(
                            tokens.reinterpret((long) length * Integer.BYTES).toArray(ValueLayout.JAVA_INT), length);
        }
    }

    private static OptionalInt token(int token) {
        return token == Native.LLAMA_TOKEN_NULL() ? OptionalInt.empty() : OptionalInt.of(token);
    }
}
