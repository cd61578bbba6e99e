package dev.corral.llama;

import dev.corral.ffi.Native;
import dev.corral.ffi.corral_error;
import dev.corral.llama.LlamaException.Code;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** The {@code corral_error} that a call fills in when it fails. */
final class NativeError {

    private final MemorySegment segment;

    NativeError(SegmentAllocator allocator) {
        segment = corral_error.allocate(allocator);
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
        String message = corral_error.message(segment).getString(0);
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
