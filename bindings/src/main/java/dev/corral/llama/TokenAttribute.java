package dev.corral.llama;

import dev.corral.ffi.Native;
import java.util.EnumSet;
import java.util.Set;

/** What a vocabulary says of a token. */
public enum TokenAttribute {
    UNKNOWN(Native.LLAMA_TOKEN_ATTR_UNKNOWN()),
    UNUSED(Native.LLAMA_TOKEN_ATTR_UNUSED()),
    NORMAL(Native.LLAMA_TOKEN_ATTR_NORMAL()),
    /** Has a meaning instead of a text. */
    CONTROL(Native.LLAMA_TOKEN_ATTR_CONTROL()),
    USER_DEFINED(Native.LLAMA_TOKEN_ATTR_USER_DEFINED()),
    /** One byte. */
    BYTE(Native.LLAMA_TOKEN_ATTR_BYTE()),
    NORMALIZED(Native.LLAMA_TOKEN_ATTR_NORMALIZED()),
    /** Takes the whitespace before it. */
    LSTRIP(Native.LLAMA_TOKEN_ATTR_LSTRIP()),
    /** Takes the whitespace after it. */
    RSTRIP(Native.LLAMA_TOKEN_ATTR_RSTRIP()),
    SINGLE_WORD(Native.LLAMA_TOKEN_ATTR_SINGLE_WORD());

    private final int bit;

    TokenAttribute(int bit) {
        this.bit = bit;
    }

    static Set<TokenAttribute> of(int bits) {
        Set<TokenAttribute> attributes = EnumSet.noneOf(TokenAttribute.class);
        for (TokenAttribute each : values()) {
            if ((bits & each.bit) != 0) {
                attributes.add(each);
            }
        }
        return attributes;
    }
}
