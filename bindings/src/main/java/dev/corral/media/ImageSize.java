package dev.corral.media;

/** How large an image is, by its header. */
record ImageSize(long width, long height) {

    static ImageSize of(MediaFormat format, FileBytes file) {
        return switch (format) {
            case PNG -> png(file);
            case JPEG -> JpegMarkers.size(file);
            case GIF -> new ImageSize(file.littleShort(6), file.littleShort(8));
            case BMP -> bmp(file);
            case WAV, MP3, FLAC -> throw new IllegalArgumentException(format + " is not an image");
        };
    }

    private static ImageSize png(FileBytes file) {
        if (!file.isAt(12, "IHDR")) {
            throw new MediaException("is a PNG image whose header is broken");
        }
        return new ImageSize(file.bigInt(16), file.bigInt(20));
    }

    private static ImageSize bmp(FileBytes file) {
        long header = file.littleInt(14);
        if (header == 12) {
            return new ImageSize(file.littleShort(18), file.littleShort(20));
        }
        // a negative height is that of an image whose first row is the topmost
        return new ImageSize(Math.abs((long) (int) file.littleInt(18)), Math.abs((long) (int) file.littleInt(22)));
    }

    void check() {
        if (width < 1 || height < 1) {
            throw new MediaException("is an image of " + this + " pixels");
        }
        if (width > MediaCheck.MAX_PIXELS / height) {
            throw new MediaException(
                    "is an image of " + this + " pixels, but may have at most " + MediaCheck.MAX_PIXELS);
        }
        if (Math.max(width, height) > MediaCheck.MAX_RATIO * Math.min(width, height)) {
            throw new MediaException("is an image of " + this + " pixels, but one side may be at most "
                    + MediaCheck.MAX_RATIO + " times as long as the other");
        }
    }

    @Override
    public String toString() {
        return width + " x " + height;
    }
}
