package dev.corral.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Image files whose pixels are noise: the same seed gives the same picture. */
public final class TinyImages {

    private TinyImages() {}

    /** A PNG image of 32 x 32. */
    public static byte[] png(long seed) {
        return png(seed, 32, 32);
    }

    public static byte[] png(long seed, int width, int height) {
        byte[] rows = new byte[height * (1 + 3 * width)];
        Random random = new Random(seed);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < 3 * width; x++) {
                rows[y * (1 + 3 * width) + 1 + x] = (byte) random.nextInt(256);
            }
        }
        return png(width, height, rows);
    }

    /** A PNG image whose header says one size and whose pixels are what is given. */
    public static byte[] png(int width, int height, byte[] rows) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
        byte[] header = ByteBuffer.allocate(13)
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0})
                .array();
        chunk(file, "IHDR", header);
        chunk(file, "IDAT", deflated(rows));
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static byte[] deflated(byte[] bytes) {
        try (Deflater deflater = new Deflater()) {
            deflater.setInput(bytes);
            deflater.finish();
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] buffer = new byte[1 << 16];
            while (!deflater.finished()) {
                all.write(buffer, 0, deflater.deflate(buffer));
            }
            return all.toByteArray();
        }
    }

    private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
        byte[] body = ByteBuffer.allocate(4 + data.length)
                .put(type.getBytes(StandardCharsets.ISO_8859_1))
                .put(data)
                .array();
        CRC32 checksum = new CRC32();
        checksum.update(body);
        file.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        file.writeBytes(body);
        file.writeBytes(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
    }

    /** A BMP image of 24 bits a pixel. */
    public static byte[] bmp(long seed, int width, int height) {
        int row = (3 * width + 3) / 4 * 4;
        ByteBuffer file = ByteBuffer.allocate(54 + row * height).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'B').put((byte) 'M').putInt(file.capacity()).putInt(0).putInt(54);
        file.putInt(40).putInt(width).putInt(height).putShort((short) 1).putShort((short) 24);
        file.putInt(0).putInt(row * height).putInt(2835).putInt(2835).putInt(0).putInt(0);
        byte[] pixels = new byte[row * height];
        new Random(seed).nextBytes(pixels);
        return file.put(pixels).array();
    }
}
