package dev.corral.server.llamacpp;

/**
 * What the server's owner chooses of llama.cpp's dialect.
 *
 * @param showSlots whether {@code GET /slots} answers
 * @param changeProps whether clients may change what holds for their later requests: their system prompt
 */
public record LlamaCppSettings(boolean showSlots, boolean changeProps) {

    /** llama-server's defaults. */
    public static final LlamaCppSettings STANDARD = new LlamaCppSettings(true, false);
}
