package dev.corral.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the metadata of a GGUF file through the functions that count and print it. */
final class Metadata {

    private static final int FIRST_CAPACITY = 1024;

    private Metadata() {}

    /** Prints an entry into a buffer with a NUL, and returns its length in bytes without it, or -1. */
    @FunctionalInterface
    interface Printer {
        int print(MemorySegment buffer, long capacity);
    }

    @FunctionalInterface
    interface EntryPrinter {
        int print(int index, MemorySegment buffer, long capacity);
    }

    /** All entries that are not arrays, in no particular order. */
    static Map<String, String> read(int count, EntryPrinter key, EntryPrinter value) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            int index = i;
            entries.put(
                    text((buffer, capacity) -> key.print(index, buffer, capacity)),
                    text((buffer, capacity) -> value.print(index, buffer, capacity)));
        }
        return entries;
    }

    static String text(Printer printer) {
        int capacity = FIRST_CAPACITY;
        while (true) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment buffer = arena.allocate(capacity);
                int length = printer.print(buffer, capacity);
                if (length < capacity) {
                    return length < 0 ? "" : buffer.getString(0);
                }
                capacity = length + 1;
            }
        }
    }
}
