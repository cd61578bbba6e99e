package dev.corral.engine;

import dev.corral.media.MediaCheck;
import dev.corral.media.MediaException;
import dev.corral.media.MediaFormat;
import java.util.Arrays;

/** An image or sound file in memory, unchanged, whose header has been judged. Immutable. */
public final class MediaFile {

    /** The largest file, in bytes. */
    public static final int MAX_BYTES = 64 << 20;

    private final byte[] bytes;
    private final MediaFormat format;

    private MediaFile(byte[] bytes, MediaFormat format) {
        this.bytes = bytes;
        this.format = format;
    }

    /**
     * A file.
     *
     * @param field what the request calls it
     * @param bytes PNG, JPEG, GIF, BMP, WAV, MP3 or FLAC
     * @throws InvalidRequestException when it is something else, too large, or broken as far as its header tells
     */
    public static MediaFile of(String field, byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new InvalidRequestException(
                    field, bytes.length + " bytes", "must have at most " + MAX_BYTES + " bytes");
        }
        try {
            return new MediaFile(bytes.clone(), MediaCheck.header(bytes));
        } catch (MediaException e) {
            throw refused(field, bytes, e);
        }
    }

    /**
     * Judges what is in it, which takes about as long as decoding it.
     *
     * @param field what the request calls it
     * @throws InvalidRequestException when it unpacks to more than its header says
     */
    public void checkContents(String field) {
        try {
            MediaCheck.contents(bytes);
        } catch (MediaException e) {
            throw refused(field, bytes, e);
        }
    }

    private static InvalidRequestException refused(String field, byte[] bytes, MediaException cause) {
        return new InvalidRequestException(
                field,
                bytes.length + " bytes",
                "must be an image or sound that can be decoded (the file " + cause.getMessage() + ")");
    }

    public MediaFormat format() {
        return format;
    }

    public boolean isImage() {
        return format.isImage();
    }

    public int size() {
        return bytes.length;
    }

    /** Its bytes, copied. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof MediaFile file && Arrays.equals(bytes, file.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return format + " of " + bytes.length + " bytes";
    }
}
