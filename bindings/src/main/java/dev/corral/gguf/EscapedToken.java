package dev.corral.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The bytes of an RWKV token, whose text writes some of them as {@code \n}, {@code \t}, {@code \r} or {@code \x80}. */
final class EscapedToken {

    private EscapedToken() {}

    static byte[] bytes(String text) {
        byte[] escaped = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream plain = new ByteArrayOutputStream(escaped.length);
        for (int i = 0; i < escaped.length; i++) {
            if (escaped[i] != '\\') {
                plain.write(escaped[i]);
                continue;
            }
            i++;
            switch (i < escaped.length ? escaped[i] : -1) {
                case -1 -> {}
                case 't' -> plain.write('\t');
                case 'n' -> plain.write('\n');
                case 'r' -> plain.write('\r');
                case 'x' -> {
                    if (i + 2 < escaped.length) {
                        plain.write(digit(escaped[i + 1]) << 4 | digit(escaped[i + 2]));
                    }
                    i += 2;
                }
                default -> plain.write(escaped[i]);
            }
        }
        return plain.toByteArray();
    }

    private static int digit(byte letter) {
        return letter >= 'a' ? letter - 'a' + 10 : letter - '0';
    }
}
