package dev.corral.media;

/** A file's bytes as numbers. Reading past the end is a {@link MediaException}. */
record FileBytes(byte[] bytes) {

    int size() {
        return bytes.length;
    }

    int byteAt(long offset) {
        if (offset < 0 || offset >= bytes.length) {
            throw new MediaException("is cut off after " + bytes.length + " bytes");
        }
        return bytes[(int) offset] & 0xff;
    }

    int bigShort(long offset) {
        return byteAt(offset) << 8 | byteAt(offset + 1);
    }

    long bigInt(long offset) {
        return (long) bigShort(offset) << 16 | bigShort(offset + 2);
    }

    int littleShort(long offset) {
        return byteAt(offset) | byteAt(offset + 1) << 8;
    }

    long littleInt(long offset) {
        return littleShort(offset) | (long) littleShort(offset + 2) << 16;
    }

    boolean isAt(long offset, String magic) {
        return offset <= bytes.length && MediaFormat.begins(bytes, (int) offset, magic);
    }
}
