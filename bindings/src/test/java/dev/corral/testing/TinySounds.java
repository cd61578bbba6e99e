package dev.corral.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Sound files of noise: the same seed gives the same sound. */
public final class TinySounds {

    private static final int RATE = 16_000;

    private TinySounds() {}

    /** A WAV file of 16 bits a sample. */
    public static byte[] wav(long seed, int seconds) {
        int length = 2 * RATE * seconds;
        ByteBuffer file = ByteBuffer.allocate(44 + length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(latin("RIFF")).putInt(36 + length).put(latin("WAVEfmt ")).putInt(16);
        file.putShort((short) 1).putShort((short) 1).putInt(RATE).putInt(2 * RATE);
        file.putShort((short) 2).putShort((short) 16).put(latin("data")).putInt(length);
        Random random = new Random(seed);
        double tone = 100 + 900 * random.nextDouble();
        for (int i = 0; i < length / 2; i++) {
            double wave = 8000 * Math.sin(2 * Math.PI * tone * i / RATE) + 2000 * random.nextGaussian();
            file.putShort((short) wave);
        }
        return file.array();
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
