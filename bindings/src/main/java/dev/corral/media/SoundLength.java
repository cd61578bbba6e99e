package dev.corral.media;

/** How long a sound is, by what its file says of itself. */
final class SoundLength {

    private static final int[] MP3_RATES = {44100, 48000, 32000};

    private SoundLength() {}

    static void check(MediaFormat format, FileBytes file) {
        double seconds = switch (format) {
            case WAV -> wav(file);
            case FLAC -> flac(file);
            case MP3 -> mp3(file);
            case PNG, JPEG, GIF, BMP -> throw new IllegalArgumentException(format + " is not sound");
        };
        if (seconds <= 0) {
            throw new MediaException("is sound of no length");
        }
        if (seconds > MediaCheck.MAX_SECONDS) {
            throw new MediaException(
                    "is sound of " + Math.round(seconds) + " seconds, but may have at most " + MediaCheck.MAX_SECONDS);
        }
    }

    private static double wav(FileBytes file) {
        double bytesPerSecond = 0;
        for (long offset = 12; offset < file.size(); ) {
            long length = file.littleInt(offset + 4);
            if (file.isAt(offset, "fmt ")) {
                bytesPerSecond = wavRate(file, offset + 8);
            } else if (file.isAt(offset, "data")) {
                if (length > file.size() - offset - 8) {
                    throw new MediaException("is a WAV file that says it is longer than it is");
                }
                return bytesPerSecond == 0 ? 0 : length / bytesPerSecond;
            }
            offset += 8 + length + (length & 1);
        }
        throw new MediaException("is a WAV file without sound");
    }

    private static double wavRate(FileBytes file, long format) {
        int kind = file.littleShort(format);
        switch (kind) {
            case 1, 3, 6, 7, 0xfffe -> {} // PCM, floats, A-law, mu-law, or one of these
            default -> throw new MediaException("is a WAV file of a kind that is not decoded (" + kind + ")");
        }
        int channels = file.littleShort(format + 2);
        int bits = file.littleShort(format + 14);
        if (channels < 1 || channels > 32 || bits < 8 || bits > 64) {
            throw new MediaException("is a WAV file of " + channels + " channels of " + bits + " bits");
        }
        return (double) file.littleInt(format + 4) * channels * bits / 8;
    }

    private static double flac(FileBytes file) {
        long rate = file.bigInt(18) >> 12;
        long samples = (long) (file.byteAt(21) & 0x0f) << 32 | file.bigInt(22);
        return rate == 0 ? 0 : (double) samples / rate;
    }

    /**
     * At most so long: a decoder looks for frames anywhere, so each place where one could begin counts, whether or not it
     * is within another.
     */
    private static double mp3(FileBytes file) {
        double seconds = 0;
        byte[] bytes = file.bytes();
        for (int i = 0; i + 3 < bytes.length; i++) {
            if (bytes[i] == (byte) 0xff && (bytes[i + 1] & 0xe0) == 0xe0) {
                int version = bytes[i + 1] >> 3 & 3;
                int layer = bytes[i + 1] >> 1 & 3;
                int rate = bytes[i + 2] >> 2 & 3;
                if (version != 1 && layer != 0 && rate != 3 && (bytes[i + 2] & 0xf0) != 0xf0) {
                    int divisor = version == 3 ? 1 : version == 2 ? 2 : 4;
                    int samples = version != 3 && layer == 1 ? 576 : 1152;
                    seconds += (double) samples * divisor / MP3_RATES[rate];
                }
            }
        }
        return seconds;
    }
}
