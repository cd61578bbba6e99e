package dev.corral.media;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Formats that are decoded. */
public enum MediaFormat {
    PNG,
    JPEG,
    GIF,
    BMP,
    WAV,
    MP3,
    FLAC;

    public boolean isImage() {
        return switch (this) {
            case PNG, JPEG, GIF, BMP -> true;
            case WAV, MP3, FLAC -> false;
        };
    }

    /**
     * The format of a file, by its first bytes.
     *
     * @throws MediaException when it is none of these
     */
    public static MediaFormat of(byte[] file) {
        if (begins(file, 0, "\u0089PNG\r\n\u001a\n")) {
            return PNG;
        }
        if (begins(file, 0, "\u00ff\u00d8\u00ff")) {
            return JPEG;
        }
        if (begins(file, 0, "GIF87a") || begins(file, 0, "GIF89a")) {
            return GIF;
        }
        if (begins(file, 0, "BM")) {
            return BMP;
        }
        if (begins(file, 0, "RIFF") && begins(file, 8, "WAVE")) {
            return WAV;
        }
        if (begins(file, 0, "fLaC")) {
            return FLAC;
        }
        if (begins(file, 0, "ID3") || (file.length > 1 && file[0] == (byte) 0xff && (file[1] & 0xe0) == 0xe0)) {
            return MP3;
        }
        throw new MediaException(
                begins(file, 0, "RIFF") && begins(file, 8, "WEBP")
                        ? "is a WebP image, but must be PNG, JPEG, GIF or BMP"
                        : "is neither an image (PNG, JPEG, GIF or BMP) nor sound (WAV, MP3 or FLAC)");
    }

    static boolean begins(byte[] file, int offset, String magic) {
        byte[] bytes = magic.getBytes(StandardCharsets.ISO_8859_1);
        return file.length >= offset + bytes.length
                && Arrays.equals(file, offset, offset + bytes.length, bytes, 0, bytes.length);
    }
}
