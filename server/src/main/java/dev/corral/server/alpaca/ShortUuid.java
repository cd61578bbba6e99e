package dev.corral.server.alpaca;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.UUID;

/** A random UUID as a number of base 57, whose digits can't be taken for each other; 22 of them. */
final class ShortUuid {

    private static final String DIGITS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());
    private static final int LENGTH = 22;

    private ShortUuid() {}

    static String random() {
        return of(UUID.randomUUID());
    }

    static String of(UUID uuid) {
        ByteBuffer bytes = ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits());
        BigInteger rest = new BigInteger(1, bytes.array());
        StringBuilder digits = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            BigInteger[] divided = rest.divideAndRemainder(BASE);
            digits.append(DIGITS.charAt(divided[1].intValue()));
            rest = divided[0];
        }
        return digits.reverse().toString();
    }
}
