package dev.corral.gguf;

import java.util.ArrayList;
import java.util.List;

/** A metadata value. Texts and arrays stay in the mapped file until somebody asks for them. Immutable. */
public sealed interface Value {

    ValueType type();

    /** An integer. One of 64 unsigned bits has the same 64 bits here. */
    record Whole(ValueType type, long value) implements Value {}

    record Real(ValueType type, double value) implements Value {}

    record Truth(boolean value) implements Value {
        @Override
        public ValueType type() {
            return ValueType.BOOL;
        }
    }

    /** A string. */
    final class Text implements Value {

        private final Bytes bytes;
        private final int position;
        private final int length;

        Text(Bytes bytes, int position, int length) {
            this.bytes = bytes;
            this.position = position;
            this.length = length;
        }

        @Override
        public ValueType type() {
            return ValueType.STRING;
        }

        /** Bytes of its UTF-8. */
        public int length() {
            return length;
        }

        /** Decoded anew each time; what is not UTF-8 becomes U+FFFD. */
        public String value() {
            return bytes.text(position, length);
        }

        @Override
        public String toString() {
            return value();
        }
    }

    /** Values of one type, which is neither an array nor, in llama.cpp, may it be one. */
    final class Array implements Value {

        private final Bytes bytes;
        private final ValueType elementType;
        private final int position;
        private final int length;

        Array(Bytes bytes, ValueType elementType, int position, int length) {
            this.bytes = bytes;
            this.elementType = elementType;
            this.position = position;
            this.length = length;
        }

        @Override
        public ValueType type() {
            return ValueType.ARRAY;
        }

        public ValueType elementType() {
            return elementType;
        }

        /** How many values it holds. */
        public int length() {
            return length;
        }

        /**
         * An integer of the array, or 0 or 1 of an array of booleans.
         *
         * @throws IllegalStateException when it holds neither
         */
        public long whole(int index) {
            int at = at(index);
            return switch (elementType) {
                case U8 -> bytes.byteAt(at) & 0xFF;
                case I8 -> bytes.byteAt(at);
                case U16 -> bytes.shortAt(at) & 0xFFFF;
                case I16 -> bytes.shortAt(at);
                case U32 -> bytes.intAt(at) & 0xFFFFFFFFL;
                case I32 -> bytes.intAt(at);
                case U64, I64 -> bytes.longAt(at);
                case BOOL -> bytes.byteAt(at) == 0 ? 0 : 1;
                case F32, F64, STRING, ARRAY -> throw new IllegalStateException("an array of " + elementType);
            };
        }

        /** @throws IllegalStateException when it does not hold floating-point numbers */
        public double real(int index) {
            int at = at(index);
            return switch (elementType) {
                case F32 -> Float.intBitsToFloat(bytes.intAt(at));
                case F64 -> Double.longBitsToDouble(bytes.longAt(at));
                default -> throw new IllegalStateException("an array of " + elementType);
            };
        }

        /**
         * All strings of the array, decoded anew each time.
         *
         * @throws IllegalStateException when it does not hold strings
         */
        public List<String> strings() {
            List<String> strings = new ArrayList<>(length);
            forEachString((start, size) -> strings.add(bytes.text(start, size)));
            return strings;
        }

        /** Says where each string's bytes are, without decoding any. */
        void forEachString(StringPlace each) {
            if (elementType != ValueType.STRING) {
                throw new IllegalStateException("an array of " + elementType);
            }
            int at = position;
            for (int i = 0; i < length; i++) {
                int size = (int) bytes.longAt(at);
                each.at(at + Long.BYTES, size);
                at += Long.BYTES + size;
            }
        }

        Bytes bytes() {
            return bytes;
        }

        private int at(int index) {
            if (index < 0 || index >= length) {
                throw new IndexOutOfBoundsException(index + " of " + length);
            }
            return position + index * elementType.size();
        }

        @Override
        public String toString() {
            return length + " of " + elementType;
        }
    }

    /** Takes the first byte and the length of a string. */
    @FunctionalInterface
    interface StringPlace {
        void at(int position, int length);
    }
}
