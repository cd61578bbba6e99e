package dev.corral.media;

/** Says whether a file may be decoded. Pure functions of its bytes; any thread may call them. */
public final class MediaCheck {

    /** The most pixels of an image: 8K. */
    public static final long MAX_PIXELS = 1L << 25;

    /** How many times longer one side of an image may be than the other. */
    public static final int MAX_RATIO = 200;

    /** The longest sound. */
    public static final int MAX_SECONDS = 30 * 60;

    private MediaCheck() {}

    /**
     * Judges what a file's header says: quick enough for any thread.
     *
     * @return the file's format
     * @throws MediaException when it is none that is decoded, too large, or broken
     */
    public static MediaFormat header(byte[] file) {
        MediaFormat format = MediaFormat.of(file);
        if (format.isImage()) {
            ImageSize.of(format, new FileBytes(file)).check();
        } else {
            SoundLength.check(format, new FileBytes(file));
        }
        return format;
    }

    /**
     * Judges what is in the file, which takes about as long as decoding it: that it unpacks to no more than its header
     * says.
     *
     * @throws MediaException when it does
     */
    public static void contents(byte[] file) {
        switch (MediaFormat.of(file)) {
            case PNG -> new PngData(new FileBytes(file)).check();
            case JPEG -> JpegMarkers.checkScans(new FileBytes(file));
            case GIF, BMP, WAV, MP3, FLAC -> {}
        }
    }
}
