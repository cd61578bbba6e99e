package dev.corral.llama;

import dev.corral.ffi.Native;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * What the rest of a text may be, in llama.cpp's GBNF, and how far it has come. Used by one thread at a time, and closed
 * with its model at the latest.
 *
 * <p>Parsing recurses: an untrusted grammar wants its depth limited, and a large stack.
 */
public final class Grammar extends NativeHandle {

    private final Vocabulary vocabulary;

    private Grammar(Vocabulary vocabulary, MemorySegment pointer) {
        super("grammar", pointer, vocabulary.model().children());
        this.vocabulary = vocabulary;
    }

    /** A grammar whose start symbol is "root". */
    public static Grammar create(Vocabulary vocabulary, String gbnf) {
        return create(vocabulary, gbnf, "root");
    }

    /**
     * A grammar that holds from the first token on.
     *
     * @param root the start symbol
     * @throws LlamaException INVALID_ARGUMENT when it does not parse
     */
    public static Grammar create(Vocabulary vocabulary, String gbnf, String root) {
        return create(vocabulary, gbnf, root, false, List.of(), new int[0]);
    }

    /**
     * A grammar that allows anything until one of the triggers appears.
     *
     * @param patterns regular expressions, matched from the start of the output; the grammar holds from their first group
     * @param tokens tokens from which on the grammar holds, themselves included
     * @throws LlamaException INVALID_ARGUMENT when the grammar or a pattern does not parse
     */
    public static Grammar lazy(Vocabulary vocabulary, String gbnf, String root, List<String> patterns, int[] tokens) {
        return create(vocabulary, gbnf, root, true, patterns, tokens);
    }

    private static Grammar create(
            Vocabulary vocabulary, String gbnf, String root, boolean lazy, List<String> patterns, int[] tokens) {
        for (int token : tokens) {
            vocabulary.checkToken(token);
        }
        return vocabulary.model().children().add(() -> {
            try (Arena arena = Arena.ofConfined()) {
                NativeError error = new NativeError(arena);
                MemorySegment texts = arena.allocate(ValueLayout.ADDRESS, Math.max(1, patterns.size()));
                for (int i = 0; i < patterns.size(); i++) {
                    texts.setAtIndex(
                            ValueLayout.ADDRESS, i, Utf8.terminated(arena, patterns.get(i), "a trigger pattern"));
                }
                MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, Math.max(1, tokens.length));
                MemorySegment.copy(tokens, 0, ids, ValueLayout.JAVA_INT, 0, tokens.length);
                MemorySegment grammar = arena.allocate(ValueLayout.ADDRESS);
                error.check(Native.corral_grammar_create(
                        vocabulary.pointer(),
                        Utf8.terminated(arena, gbnf, "the grammar"),
                        Utf8.terminated(arena, root, "the root's name"),
                        lazy,
                        texts,
                        patterns.size(),
                        ids,
                        tokens.length,
                        grammar,
                        error.segment()));
                return new Grammar(vocabulary, grammar.get(ValueLayout.ADDRESS, 0));
            }
        });
    }

    /**
     * GBNF for the texts that a JSON schema allows.
     *
     * @throws LlamaException INVALID_ARGUMENT when the schema is malformed or can't be expressed
     */
    public static String fromJsonSchema(String schema) {
        NativeLibrary.load();
        return ChatTemplate.call((arena, result, error) ->
                Native.corral_schema_to_grammar(Utf8.terminated(arena, schema, "the schema"), result, error));
    }

    /**
     * Takes it on by tokens that were not sampled with it.
     *
     * @throws LlamaException when the grammar does not allow one of them; it is of no use then
     */
    public void accept(int... tokens) {
        SamplerChain.accept(this, vocabulary, tokens);
    }

    /**
     * Takes it on by text that comes before the tokens.
     *
     * @throws LlamaException when the grammar is lazy or does not allow the text; it is of no use then
     */
    public void begin(String text) {
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            error.check(Native.corral_grammar_begin(
                    pointer(), Utf8.terminated(arena, text, "what the text begins with"), error.segment()));
        }
    }

    /**
     * Has a lazy grammar overlook triggers between a tag and the first of others after it.
     *
     * @param start not empty
     * @param ends at least one, none of them empty
     * @param before what the output goes on from, which may have the start already
     * @throws LlamaException when the grammar is not lazy
     */
    public void ignore(String start, List<String> ends, String before) {
        try (Arena arena = Arena.ofConfined()) {
            NativeError error = new NativeError(arena);
            MemorySegment texts = arena.allocate(ValueLayout.ADDRESS, Math.max(1, ends.size()));
            for (int i = 0; i < ends.size(); i++) {
                texts.setAtIndex(ValueLayout.ADDRESS, i, Utf8.terminated(arena, ends.get(i), "an end"));
            }
            error.check(Native.corral_grammar_ignore(
                    pointer(),
                    Utf8.terminated(arena, start, "the start"),
                    texts,
                    ends.size(),
                    Utf8.terminated(arena, before, "what comes before"),
                    error.segment()));
        }
    }

    /** Back to its start. */
    public void reset() {
        Native.llama_sampler_reset(pointer());
    }

    /** One that has come as far, for the caller to close. */
    public Grammar copy() {
        return vocabulary.model().children().add(() -> new Grammar(vocabulary, Native.llama_sampler_clone(pointer())));
    }

    @Override
    void free(MemorySegment pointer) {
        Native.llama_sampler_free(pointer);
    }
}
