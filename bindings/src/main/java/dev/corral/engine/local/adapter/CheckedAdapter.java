package dev.corral.engine.local.adapter;

import dev.corral.engine.local.model.CheckedModel;
import dev.corral.engine.local.options.AdapterOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * An adapter's file, read once before the native library sees it.
 *
 * @param digest of all its bytes, which says whether prefixes were computed with the same adapter
 */
public record CheckedAdapter(AdapterOptions.File file, String digest) {

    private static final int BUFFER = 1 << 20;

    /**
     * Checks and reads a file; takes as long as the disk does.
     *
     * @param model that it is for
     * @throws dev.corral.gguf.GgufException when it is no adapter, or none of this model
     * @throws UncheckedIOException when it can't be read
     */
    static CheckedAdapter read(AdapterOptions.File file, CheckedModel model) {
        model.checkAdapter(file.path());
        try (InputStream bytes = Files.newInputStream(file.path())) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            DigestInputStream digesting = new DigestInputStream(bytes, sha);
            byte[] buffer = new byte[BUFFER];
            while (digesting.read(buffer) >= 0) {
                continue;
            }
            return new CheckedAdapter(file, HexFormat.of().formatHex(sha.digest()));
        } catch (IOException e) {
            throw new UncheckedIOException("the adapter " + file.name() + " can't be read", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
