package dev.corral.llama;

import dev.corral.ffi.Native;

/** The family of tokenizers that a vocabulary is for. */
public enum VocabularyType {
    /** The model has no vocabulary. */
    NONE(Native.LLAMA_VOCAB_TYPE_NONE()),
    /** SentencePiece: byte-level BPE with byte fallback. */
    SPM(Native.LLAMA_VOCAB_TYPE_SPM()),
    /** GPT-2's byte-level BPE. */
    BPE(Native.LLAMA_VOCAB_TYPE_BPE()),
    /** BERT's WordPiece. */
    WPM(Native.LLAMA_VOCAB_TYPE_WPM()),
    /** T5's unigram. */
    UGM(Native.LLAMA_VOCAB_TYPE_UGM()),
    RWKV(Native.LLAMA_VOCAB_TYPE_RWKV()),
    PLAMO2(Native.LLAMA_VOCAB_TYPE_PLAMO2()),
    TEST(Native.LLAMA_VOCAB_TYPE_TEST());

    private final int value;

    VocabularyType(int value) {
        this.value = value;
    }

    int value() {
        return value;
    }

    static VocabularyType of(int value) {
        for (VocabularyType each : values()) {
            if (each.value == value) {
                return each;
            }
        }
        return NONE;
    }
}
