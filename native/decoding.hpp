// What llama_decode's result means.
#pragma once

#include "error.hpp"

namespace corral {

inline void check_decoded(int32_t result) {
    switch (result) {
    case 0:
        return;
    case 1:
        throw failure(CORRAL_NO_SPACE, "the KV cache has no room for the batch");
    case 2:
        throw failure(CORRAL_ABORTED, "aborted");
    case -1:
        refuse("llama.cpp refused the batch: a token, a sequence id or a position is wrong (see its log)");
    case -2:
        throw failure(CORRAL_OUT_OF_MEMORY, "no memory to compute the batch");
    default:
        throw failure(CORRAL_FAILED, "computing the batch failed with " + std::to_string(result));
    }
}

} // namespace corral
