package dev.corral.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.corral.testing.TinyImages;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that native code may decode, and those that it never sees. */
class MediaCheckTest {

    private static void refused(byte[] file, String because) {
        assertThatExceptionOfType(MediaException.class)
                .isThrownBy(() -> {
                    MediaCheck.header(file);
                    MediaCheck.contents(file);
                })
                .withMessageContaining(because);
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void imagesPass() {
        assertThat(MediaCheck.header(TinyImages.png(1))).isEqualTo(MediaFormat.PNG);
        assertThat(MediaCheck.header(TinyImages.bmp(1, 5, 7))).isEqualTo(MediaFormat.BMP);
        assertThat(MediaCheck.header(gif(3, 2))).isEqualTo(MediaFormat.GIF);
        assertThat(MediaCheck.header(jpeg(30, 20, 3))).isEqualTo(MediaFormat.JPEG);
        assertThatCode(() -> MediaCheck.contents(TinyImages.png(1, 200, 100))).doesNotThrowAnyException();
        assertThatCode(() -> MediaCheck.contents(jpeg(30, 20, 12))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"0, 5", "5, 0", "100000, 100000", "2147483647, 2147483647", "-1, 4", "5793, 5793", "1, 201", "4000, 19"
    })
    void anImageOfAnOddSizeIsRefused(int width, int height) {
        refused(TinyImages.png(width, height, new byte[8]), "pixels");
        refused(gif(width & 0xffff, height & 0xffff), width > 65535 ? "" : "pixels");
    }

    @Test
    void theLargestImageIsJustLargeEnough() {
        assertThat(MediaCheck.header(TinyImages.png(8192, 4096, new byte[8]))).isEqualTo(MediaFormat.PNG);
        refused(TinyImages.png(8192, 4097, new byte[8]), "at most " + MediaCheck.MAX_PIXELS);
        assertThat(MediaCheck.header(TinyImages.png(1, 200, new byte[8]))).isEqualTo(MediaFormat.PNG);
    }

    @Test
    void aSmallFileDoesNotUnpackToALargeOne() {
        refused(TinyImages.png(8, 8, new byte[10_000_000]), "unpacks to more");
        refused(TinyImages.png(8, 8, new byte[0]), "without pixels");
        refused(jpeg(30, 20, 65), "scans");
    }

    @Test
    void whatIsNoImageIsRefused() {
        refused(new byte[0], "neither");
        refused(latin("hello"), "neither");
        refused(latin("RIFF....WEBPVP8 "), "WebP");
        refused(latin("\u00ff\u00d8\u00ff\u00d9"), "JPEG");
        refused(latin("GIF89a"), "cut off");
        refused(latin("BM"), "cut off");
        refused(latin("P6 1 1 255\nabc"), "neither");
    }

    @Test
    void noTornFileDoesMoreThanBeRefused() {
        for (byte[] whole :
                new byte[][] {TinyImages.png(1), TinyImages.bmp(1, 9, 9), gif(3, 2), jpeg(9, 9, 4), wav(1, 8000)}) {
            for (int length = 0; length < Math.min(whole.length, 200); length++) {
                judged(Arrays.copyOf(whole, length));
            }
            Random random = new Random(5);
            for (int i = 0; i < 2000; i++) {
                byte[] mutant = whole.clone();
                for (int k = 0; k < 4; k++) {
                    mutant[random.nextInt(Math.min(mutant.length, 64))] = (byte) random.nextInt();
                }
                judged(mutant);
            }
        }
    }

    private static void judged(byte[] file) {
        try {
            MediaCheck.header(file);
            MediaCheck.contents(file);
        } catch (MediaException e) {
            assertThat(e.getMessage()).isNotEmpty();
        }
    }

    @Test
    void soundIsAsLongAsItSays() {
        assertThat(MediaCheck.header(wav(1, 16000))).isEqualTo(MediaFormat.WAV);
        byte[] claims = wav(1, 16000);
        ByteBuffer.wrap(claims).order(ByteOrder.LITTLE_ENDIAN).putInt(40, Integer.MAX_VALUE);
        refused(claims, "longer than it is");
        refused(wav(MediaCheck.MAX_SECONDS + 1, 8), "seconds");
        refused(wav(0, 8000), "no length");
        assertThat(MediaCheck.header(flac(44100, 44100 * 60L))).isEqualTo(MediaFormat.FLAC);
        refused(flac(44100, 1L << 35), "seconds");
        refused(flac(44100, 0), "no length");
        assertThat(MediaCheck.header(mp3(100))).isEqualTo(MediaFormat.MP3);
        refused(mp3(200_000), "seconds");
    }

    private static byte[] gif(int width, int height) {
        return ByteBuffer.allocate(13)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(latin("GIF89a"))
                .putShort((short) width)
                .putShort((short) height)
                .array();
    }

    /** Segments of a JPEG file, with nothing in its scans. */
    private static byte[] jpeg(int width, int height, int scans) {
        ByteBuffer file = ByteBuffer.allocate(64 + 16 * scans);
        file.put(latin("\u00ff\u00d8\u00ff\u00e0")).putShort((short) 4).putShort((short) 0);
        file.put(latin("\u00ff\u00c2")).putShort((short) 11).put((byte) 8);
        file.putShort((short) height).putShort((short) width).put(new byte[] {1, 1, 0x11, 0});
        for (int i = 0; i < scans; i++) {
            file.put(latin("\u00ff\u00da")).putShort((short) 8).put(new byte[] {1, 1, 0, 0, 0, 0});
            file.put(new byte[] {1, 2, (byte) 0xff, 0, 3});
        }
        return Arrays.copyOf(file.put(latin("\u00ff\u00d9")).array(), file.position());
    }

    private static byte[] wav(int seconds, int rate) {
        int length = seconds * rate;
        ByteBuffer file = ByteBuffer.allocate(44 + length).order(ByteOrder.LITTLE_ENDIAN);
        file.put(latin("RIFF")).putInt(36 + length).put(latin("WAVEfmt ")).putInt(16);
        file.putShort((short) 1)
                .putShort((short) 1)
                .putInt(rate)
                .putInt(rate)
                .putShort((short) 1)
                .putShort((short) 8);
        return file.put(latin("data")).putInt(length).array();
    }

    private static byte[] flac(int rate, long samples) {
        ByteBuffer file = ByteBuffer.allocate(42).put(latin("fLaC")).putInt(34).putShort((short) 4096);
        file.putShort((short) 4096).put(new byte[6]).putInt(rate << 12).position(21);
        return file.put((byte) (samples >> 32 & 0x0f)).putInt((int) samples).array();
    }

    private static byte[] mp3(int frames) {
        byte[] file = new byte[417 * frames];
        for (int i = 0; i < frames; i++) {
            System.arraycopy(latin("\u00ff\u00fb\u0090\u0064"), 0, file, 417 * i, 4);
        }
        return file;
    }
}
