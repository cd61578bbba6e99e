package dev.corral.media;

/** Goes through the segments of a JPEG file. */
final class JpegMarkers {

    /** Decoding time grows with each scan; encoders write about ten. */
    private static final int MOST_SCANS = 64;

    private static final int START_OF_SCAN = 0xda;
    private static final int END_OF_IMAGE = 0xd9;

    private final FileBytes file;
    private long offset = 2;

    private JpegMarkers(FileBytes file) {
        this.file = file;
    }

    static ImageSize size(FileBytes file) {
        JpegMarkers markers = new JpegMarkers(file);
        while (true) {
            int marker = markers.next();
            if (isFrame(marker)) {
                return new ImageSize(file.bigShort(markers.offset + 5), file.bigShort(markers.offset + 3));
            }
            if (marker == START_OF_SCAN || marker == END_OF_IMAGE) {
                throw new MediaException("is a JPEG image that does not say how large it is");
            }
            markers.skip();
        }
    }

    static void checkScans(FileBytes file) {
        JpegMarkers markers = new JpegMarkers(file);
        int scans = 0;
        while (markers.offset < file.size()) {
            int marker = markers.next();
            if (marker == END_OF_IMAGE) {
                return;
            }
            markers.skip();
            if (marker == START_OF_SCAN) {
                if (++scans > MOST_SCANS) {
                    throw new MediaException("is a JPEG image of more than " + MOST_SCANS + " scans");
                }
                markers.skipScan();
            }
        }
    }

    private static boolean isFrame(int marker) {
        return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    }

    /** Steps behind the next marker, to where its length stands. */
    private int next() {
        int marker = file.byteAt(offset++);
        while (marker != 0xff) {
            marker = file.byteAt(offset++);
        }
        while (marker == 0xff) {
            marker = file.byteAt(offset++);
        }
        return marker;
    }

    private void skip() {
        offset += Math.max(2, file.bigShort(offset));
    }

    /** To the next marker that is neither stuffed nor a restart. */
    private void skipScan() {
        while (offset + 1 < file.size()) {
            int after = file.byteAt(offset + 1);
            if (file.byteAt(offset) == 0xff && after != 0 && (after < 0xd0 || after > 0xd7)) {
                return;
            }
            offset++;
        }
        offset = file.size();
    }
}
