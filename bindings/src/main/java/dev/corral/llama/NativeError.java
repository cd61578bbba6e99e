package dev.corral.llama;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import dev.corral.ffi.Native;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** The {@code corral_error} that a call fills in when it fails. */
final class NativeError {

    /**
     * As {@link AbiProbe} compares it with the library's. Not jextract's: that makes handles for single characters of the message, and
     * with them thirty classes at each start.
     */
    static final GroupLayout LAYOUT = MemoryLayout.structLayout(
                    Native.C_INT.withName("code"),
                    MemoryLayout.sequenceLayout(Native.CORRAL_MESSAGE_SIZE(), Native.C_CHAR)
                            .withName("message"))
            .withName("corral_error");

    private static final long MESSAGE = LAYOUT.byteOffset(groupElement("message"));

    private final MemorySegment segment;

    NativeError(SegmentAllocator allocator) {
        segment = allocator.allocate(LAYOUT);
    }

    MemorySegment segment() {
        return segment;
    }

    /** Turns a result other than {@code CORRAL_OK} into the exception that says why. */
    void check(int result) {
        if (result != Native.CORRAL_OK()) {
            throw exception(result, "");
        }
    }

    /** @param complaints what llama.cpp logged meanwhile, or nothing */
    LlamaException exception(int result, String complaints) {
        String message = segment.getString(MESSAGE);
        return new LlamaException(code(result), complaints.isEmpty() ? message : message + ": " + complaints);
    }

    static Code code(int result) {
        if (result == Native.CORRAL_INVALID_ARGUMENT()) {
            return Code.INVALID_ARGUMENT;
        }
        if (result == Native.CORRAL_NO_SPACE()) {
            return Code.NO_SPACE;
        }
        if (result == Native.CORRAL_ABORTED()) {
            return Code.ABORTED;
        }
        if (result == Native.CORRAL_OUT_OF_MEMORY()) {
            return Code.OUT_OF_MEMORY;
        }
        return Code.FAILED;
    }
}
