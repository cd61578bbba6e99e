package dev.corral.gguf;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model's tokenizer, as far as llama.cpp asserts it while loading or with the first text. */
final class VocabularyCheck {

    private static final String PREFIX = "tokenizer.ggml.";
    private static final String TOKENS = PREFIX + "tokens";
    private static final String TYPES = PREFIX + "token_type";
    private static final String SCORES = PREFIX + "scores";
    private static final String MERGES = PREFIX + "merges";
    private static final int BYTE = 6;
    private static final long NONE = -1;

    /** Pre-tokenizers that begin a text with a token unless told otherwise. */
    private static final Set<String> BEGINNING = Set.of(
            "llama3",
            "llama-v3",
            "llama-bpe",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
            "jina-v5-nano",
            "tekken",
            "chameleon");

    private final Inspection file;

    VocabularyCheck(Inspection file) {
        this.file = file;
    }

    /** @return how many tokens there are */
    long run() {
        String model = file.requiredText(PREFIX + "model");
        Value.Array tokens = tokens(model);
        int count = tokens.length();
        boolean merges = model.equals("gpt2")
                || model.equals("gemma4")
                || model.equals("hybriddna")
                || model.equals("whitespace");
        if (merges) {
            merges();
        }
        atLeast(SCORES, count, ValueType.F32, ValueType.I32);
        Value.@Nullable Array types = atLeast(TYPES, count, ValueType.I32);
        TokenTexts texts = new TokenTexts(tokens);
        int repeated = texts.firstRepeated();
        if (repeated >= 0) {
            throw file.wrong(TOKENS, "has token " + repeated + ", \"" + texts.text(repeated) + "\", twice");
        }
        switch (model) {
            case "llama" -> ends(count, 1, 2, flag("add_bos_token", true), flag("add_eos_token", false));
            case "t5" -> ends(count, NONE, 1, flag("add_bos_token", false), flag("add_eos_token", true));
            case "gemma4" -> ends(count, NONE, NONE, true, flag("add_eos_token", false));
            case "gpt2", "hybriddna", "whitespace" -> {
                String splitting = file.text(PREFIX + "pre").orElse("");
                ends(count, 11, 11, flag("add_bos_token", BEGINNING.contains(splitting)), flag("add_eos_token", false));
            }
            case "bert" -> wordPieces(count, types);
            case "rwkv" -> everyBeginning(texts, count);
            default -> {}
        }
        return count;
    }

    private Value.Array tokens(String model) {
        if (model.equals("none") || model.equals("no_vocab")) {
            throw file.wrong(PREFIX + "model", "is \"" + model + "\": a model without a vocabulary can't be served");
        }
        Value.@Nullable Array tokens = file.array(TOKENS, ValueType.STRING);
        if (tokens == null) {
            throw file.missing(TOKENS);
        }
        if (tokens.length() == 0) {
            throw file.wrong(TOKENS, "has no tokens");
        }
        return tokens;
    }

    private void merges() {
        if (file.array(MERGES, ValueType.STRING) == null
                && !file.text(PREFIX + "pre").orElse("").equals("kimi-k2")) {
            throw file.missing(MERGES);
        }
    }

    private Value.@Nullable Array atLeast(String key, int count, ValueType... elements) {
        Value.@Nullable Array array = file.array(key, elements);
        if (array != null && array.length() < count) {
            throw file.wrong(key, "has " + array.length() + " values for " + count + " tokens");
        }
        return array;
    }

    private boolean flag(String name, boolean otherwise) {
        file.typeIs(PREFIX + name, ValueType.BOOL);
        return file.get(PREFIX + name) instanceof Value.Truth(boolean value) ? value : otherwise;
    }

    /** A text that is to begin or end with a token needs one in the vocabulary. */
    private void ends(int count, long beginning, long ending, boolean begins, boolean ends) {
        if (begins) {
            requireToken("bos_token_id", "add_bos_token", count, beginning);
        }
        if (ends) {
            requireToken("eos_token_id", "add_eos_token", count, ending);
        }
    }

    private void wordPieces(int count, Value.@Nullable Array types) {
        requireToken("bos_token_id", "add_bos_token", count, 101);
        requireToken("seperator_token_id", "add_sep_token", count, 102);
        for (int token = 0; types != null && token < count; token++) {
            if (types.whole(token) == BYTE) {
                throw file.wrong(TYPES, "makes token " + token + " a byte, which a word-piece vocabulary can't have");
            }
        }
    }

    /** A byte that only begins longer tokens would be read again and again, without end. */
    private void everyBeginning(TokenTexts texts, int count) {
        boolean[] begins = new boolean[1 << Byte.SIZE];
        boolean[] alone = new boolean[1 << Byte.SIZE];
        for (int token = 0; token < count; token++) {
            byte[] bytes = EscapedToken.bytes(texts.text(token));
            if (bytes.length > 0) {
                begins[bytes[0] & 0xFF] = true;
                alone[bytes[0] & 0xFF] |= bytes.length == 1;
            }
        }
        for (int first = 0; first < begins.length; first++) {
            if (begins[first] && !alone[first]) {
                throw file.wrong(
                        TOKENS,
                        String.format(
                                Locale.ROOT,
                                "has tokens that begin with the byte 0x%02X, but must have that byte alone too",
                                first));
            }
        }
    }

    private void requireToken(String name, String reason, int count, long otherwise) {
        String key = PREFIX + name;
        long given = file.count(key, NONE);
        boolean found = given >= 0 && given < count || otherwise >= 0 && otherwise < count;
        if (!found) {
            throw file.has(key)
                    ? file.wrong(key, "is " + given + ", but there are " + count + " tokens, and texts need it")
                    : new GgufException(
                            file.gguf().file(),
                            "lacks the metadata " + key + ", which " + reason + " makes texts need");
        }
    }
}
