package dev.corral.media;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The compressed pixels of a PNG file, which must unpack to what its header says and no more. */
final class PngData {

    private static final int BEGIN = 8;
    private static final int OVERHEAD = 12;
    private static final int[] SAMPLES = {1, 0, 3, 1, 2, 0, 4};

    private final FileBytes file;

    PngData(FileBytes file) {
        this.file = file;
    }

    void check() {
        long most = unpacked();
        long total = 0;
        byte[] buffer = new byte[1 << 16];
        try (Inflater inflater = new Inflater()) {
            for (long offset = BEGIN; offset < file.size() && !inflater.finished(); ) {
                long length = file.bigInt(offset);
                if (length > file.size() - offset - OVERHEAD) {
                    throw new MediaException("is a PNG image that is cut off");
                }
                if (file.isAt(offset + 4, "IDAT")) {
                    inflater.setInput(file.bytes(), (int) offset + 8, (int) length);
                    while (!inflater.needsInput() && !inflater.finished() && !inflater.needsDictionary()) {
                        total += inflater.inflate(buffer);
                        if (total > most) {
                            throw new MediaException("is a PNG image that unpacks to more than its size says");
                        }
                    }
                }
                offset += OVERHEAD + length;
            }
        } catch (DataFormatException e) {
            throw new MediaException("is a PNG image whose pixels can't be unpacked");
        }
        if (total < 1) {
            throw new MediaException("is a PNG image without pixels");
        }
    }

    /** Bytes of its rows, each with one for its filter; interlaced ones have more and shorter rows. */
    private long unpacked() {
        long width = file.bigInt(16);
        long height = file.bigInt(20);
        int depth = file.byteAt(24);
        int colours = file.byteAt(25);
        if (colours >= SAMPLES.length || SAMPLES[colours] == 0 || depth < 1 || depth > 16) {
            throw new MediaException("is a PNG image whose header is broken");
        }
        long row = (width * SAMPLES[colours] * depth + 7) / 8 + 1;
        boolean interlaced = file.byteAt(28) != 0;
        return interlaced ? 2 * height * (row + 8) + 64 : height * row;
    }
}
